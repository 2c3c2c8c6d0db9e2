/* The linear search of a probe database with PCRE2 and its JIT compiler, to be
 * measured beside package match. It reads, on standard input, lines of
 *
 *	pattern FLAGS HEX          FLAGS: 1 letters match in either case, 2 a dot matches a line feed
 *	list COUNT ID ...          patterns in the order in which they are tried
 *	group NAME
 *	reply LIST REPEAT HEX      of the last group; REPEAT times in each pass
 *
 * and prints "compile NS", "jit NS", for each reply "first INDEX" (its place in
 * the list, -1 for none), and for each group "group NAME NS": for each reply
 * the fastest pass, summed up. Usage: pcre2 PASSES < INPUT
 */
#define PCRE2_CODE_UNIT_WIDTH 8
#include <pcre2.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

struct list { int count, *ids; };
struct reply { int list, repeat; size_t len; uint8_t *bytes; int64_t best; };
struct group { char name[64]; int first, last; };

static pcre2_code **codes;
static int ncodes, nlists, nreplies, ngroups;
static struct list *lists;
static struct reply *replies;
static struct group *groups;
static pcre2_match_data *data;
static pcre2_match_context *context;

/* now is the time of the processor that was used so far. */
static int64_t now(void)
{
	struct timespec t;
	clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t); /* other load does not count */
	return (int64_t)t.tv_sec * 1000000000 + t.tv_nsec;
}

static void die(const char *what)
{
	fprintf(stderr, "pcre2: %s\n", what);
	exit(1);
}

/* more makes room for one more element, in steps of doubling sizes. */
static void *more(void *array, int count, size_t size)
{
	if ((count & (count - 1)) == 0) {
		array = realloc(array, (count ? 2 * (size_t)count : 1) * size);
		if (!array)
			die("out of memory");
	}
	return array;
}

static uint8_t *unhex(const char *text, size_t *len)
{
	size_t n = strlen(text) / 2, i;
	uint8_t *out = malloc(n + 1);
	if (!out)
		die("out of memory");
	for (i = 0; i < n; i++) {
		unsigned v;
		sscanf(text + 2 * i, "%2x", &v);
		out[i] = (uint8_t)v;
	}
	*len = n;
	return out;
}

/* first is the place in the list of the first pattern that matches. */
static int first(const struct reply *r)
{
	const struct list *l = &lists[r->list];
	int i;
	for (i = 0; i < l->count; i++)
		if (pcre2_jit_match(codes[l->ids[i]], r->bytes, r->len, 0, 0, data, context) >= 0)
			return i;
	return -1;
}

int main(int argc, char **argv)
{
	char *line = NULL, *word;
	size_t room = 0;
	int64_t compile = 0, jit = 0;
	int passes = argc > 1 ? atoi(argv[1]) : 5, i, g, p, k;

	while (getline(&line, &room, stdin) > 0) {
		line[strcspn(line, "\n")] = 0;
		word = strtok(line, " ");
		if (!word)
			continue;
		if (!strcmp(word, "pattern")) {
			int flags = atoi(strtok(NULL, " ")), err;
			char *hex = strtok(NULL, " ");
			size_t len, at;
			uint8_t *text = unhex(hex ? hex : "", &len);
			uint32_t options = (flags & 1 ? PCRE2_CASELESS : 0) | (flags & 2 ? PCRE2_DOTALL : 0);
			int64_t t = now();
			codes = more(codes, ncodes, sizeof *codes);
			codes[ncodes] = pcre2_compile(text, len, options, &err, &at, NULL);
			compile += now() - t;
			if (!codes[ncodes])
				die("a pattern does not compile");
			t = now();
			if (pcre2_jit_compile(codes[ncodes], PCRE2_JIT_COMPLETE))
				die("a pattern does not compile to machine code");
			jit += now() - t;
			ncodes++;
			free(text);
		} else if (!strcmp(word, "list")) {
			lists = more(lists, nlists, sizeof *lists);
			lists[nlists].count = atoi(strtok(NULL, " "));
			lists[nlists].ids = malloc(sizeof(int) * (lists[nlists].count + 1));
			for (i = 0; i < lists[nlists].count; i++)
				lists[nlists].ids[i] = atoi(strtok(NULL, " "));
			nlists++;
		} else if (!strcmp(word, "group")) {
			groups = more(groups, ngroups, sizeof *groups);
			snprintf(groups[ngroups].name, sizeof groups[ngroups].name, "%s", strtok(NULL, " "));
			groups[ngroups].first = groups[ngroups].last = nreplies;
			ngroups++;
		} else if (!strcmp(word, "reply") && ngroups) {
			struct reply *r;
			char *hex;
			replies = more(replies, nreplies, sizeof *replies);
			r = &replies[nreplies++];
			r->list = atoi(strtok(NULL, " "));
			r->repeat = atoi(strtok(NULL, " "));
			hex = strtok(NULL, " ");
			r->bytes = unhex(hex ? hex : "", &r->len);
			groups[ngroups - 1].last = nreplies;
		}
	}
	data = pcre2_match_data_create(64, NULL);
	context = pcre2_match_context_create(NULL);
	pcre2_jit_stack_assign(context, NULL, pcre2_jit_stack_create(64 << 10, 8 << 20, NULL));
	pcre2_set_match_limit(context, 50000); /* as Nmap does */

	printf("compile %lld\njit %lld\n", (long long)compile, (long long)jit);
	for (i = 0; i < nreplies; i++)
		printf("first %d\n", first(&replies[i]));
	for (g = 0; g < ngroups; g++) {
		int64_t sum = 0;
		for (p = 0; p < passes; p++)
			for (i = groups[g].first; i < groups[g].last; i++) {
				int64_t t = now();
				for (k = 0; k < replies[i].repeat; k++)
					first(&replies[i]);
				t = now() - t;
				if (p == 0 || t < replies[i].best)
					replies[i].best = t;
			}
		for (i = groups[g].first; i < groups[g].last; i++)
			sum += replies[i].best;
		printf("group %s %lld\n", groups[g].name, (long long)sum);
	}
	return 0;
}
