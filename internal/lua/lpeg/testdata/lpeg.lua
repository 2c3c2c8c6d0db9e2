local m = lpeg
local P, S, R, V, C, Cc, Cp, Ct, Cs, Cg, Cb, Cf, Cmt, Carg, B = m.P, m.S, m.R, m.V, m.C, m.Cc, m.Cp, m.Ct, m.Cs, m.Cg, m.Cb, m.Cf, m.Cmt, m.Carg, m.B
local function eq(a, b, msg) if a ~= b then error((msg or "") .. " got " .. tostring(a) .. ", want " .. tostring(b), 2) end end
local function list(...) local t = table.pack(...) for i = 1, t.n do t[i] = tostring(t[i]) end return table.concat(t, " ") end
local function fails(want, f, ...) local ok, e = pcall(f, ...) assert(not ok, "no error") assert(tostring(e):find(want, 1, true), tostring(e)) end
-- basic patterns
eq(m.match("a", "aaa"), 2) eq(m.match("b", "aaa"), nil) eq(m.match(3, "aaaa"), 4) eq(m.match(5, "aaaa"), nil)
eq(m.match(-3, "aa"), 1) eq(m.match(-3, "aaa"), nil) eq(m.match(true, ""), 1) eq(m.match(false, ""), nil) eq(m.match("", "x"), 1)
eq(m.match(S"abc" ^ 1, "cabx"), 4) eq(m.match(R"az" ^ 0, "abc1"), 4) eq(m.match(R("az", "09") ^ 3, "ab1"), 4) eq(m.match(R"az" ^ 4, "ab1"), nil)
eq(m.match(P"a" ^ -2, "aaaa"), 3) eq(m.match(P"ab" ^ 0, "ababa"), 5) eq(m.match(-P"a" * 1, "b"), 2) eq(m.match(#P"ab" * "a", "ab"), 2)
eq(m.match((P(1) - "x") ^ 0 * "x", "abcx"), 5) eq(m.match(P"a" + "b" + "c", "c"), 2) eq(m.match(P"ab" + "ac", "ac"), 3)
eq(m.match(P"a", "xxa", 3), 4) eq(m.match(P"a", "xxa", -1), 4) eq(m.match(B"a" * "b", "ab", 2), 3) eq(m.match(B"x" * "b", "ab", 2), nil)
eq(m.match(-B(1), "ab"), 1) eq(m.match(-B(1), "ab", 2), nil)
eq(m.match(m.utfR(0x20, 0x10FFFF) ^ 1 * -1, "aä€"), 7) eq(m.match(m.utfR(97, 97), "b"), nil)
-- captures
eq(list(m.match(C(C"a" * C"b"), "ab")), "ab a b") eq(list(m.match(Cc(1, nil, "x"), "")), "1 nil x") eq(list(m.match(Cc(), "")), "1") eq(list(m.match(Cp() * 2 * Cp(), "ab")), "1 3")
eq(list(m.match(C(1) ^ 0, "abc")), "a b c") eq(list(m.match(C"a" / function(x) return x .. x, 1 end, "a")), "aa 1")
eq(m.match(C(1) / {a = "A"}, "a"), "A") eq(m.match(C(1) / {a = "A"}, "b"), 2) eq(m.match(C(1) * C(1) / 2, "ab"), "b") eq(m.match(C(1) / 0, "ab"), 2)
eq(m.match(C(1) * C(1) / "%2%1%0%%", "ab"), "baab%") eq(m.match((C(C(1)) * C(1)) / "%1%2%3", "xy"), "xxy")
eq(m.match(Cs((P"a" / "b" + 1) ^ 0), "banana"), "bbnbnb") eq(m.match(Cs((P"a" / {a = "<a>"} + P"n" / {} + 1) ^ 0), "ban"), "b<a>n")
local t = m.match(Ct(C"a" * Cg(C"b", "name") * Cg(Cc(7), "n") * C"c"), "abc") eq(#t, 2) eq(t[1], "a") eq(t[2], "c") eq(t.name, "b") eq(t.n, 7)
t = m.match(Ct(Ct(C(1)) ^ 0), "abc") eq(#t, 3) eq(t[3][1], "c")
eq(m.match(Cg(C(1), "x") * 1 * Cb"x", "ab"), "a") fails("back reference 'y' not found", m.match, Cg(C(1), "x") * Cb"y", "a")
eq(list(m.match(Cg(C(1) * C(1)), "ab")), "a b")
local num = C(R"09" ^ 1) / tonumber
eq(m.match(Cf(num * ("," * num) ^ 0, function(a, b) return a + b end), "10,30,43"), 83)
eq(m.match(num * ("," * num % function(a, b) return a + b end) ^ 0, "10,30,43"), 83)
eq(m.match(Carg(1), "", 1, "extra"), "extra") fails("absent extra argument #2", m.match, Carg(2), "", 1, "extra")
-- match-time captures
eq(m.match(Cmt(1, function(s, i, c) return s == "ab" and i == 2 and c == "a" end), "ab"), 2) eq(m.match(Cmt(1, function() return false end) + 2, "ab"), 3)
eq(list(m.match(Cmt(C(1), function(s, i, c) return i + 1, c .. c, 5 end), "abc")), "aa 5") eq(m.match(P(function(s, i) return #s + 1 end), "abc"), 4)
fails("invalid position", m.match, Cmt(1, function() return 100 end), "ab")
local long = Cmt("[" * Cg(P"=" ^ 0, "init") * "[" * (1 - Cmt("]" * C(P"=" ^ 0) * "]" * Cb"init", function(_, _, a, b) return a == b end)) ^ 0 * "]" * P"=" ^ 0 * "]", function(_, i) return i end)
eq(m.match(long, "[==[]]]=]]==]x"), 14)
-- grammars
local bal = P{ "(" * ((1 - S"()") + V(1)) ^ 0 * ")" } eq(m.match(bal, "(a(b)c)"), 8) eq(m.match(bal, "(a(b)c"), nil)
local exp = P{ "E", E = Ct(V"T" * (C(S"+-") * V"T") ^ 0), T = Ct(V"F" * (C(S"*/") * V"F") ^ 0), F = C(R"09" ^ 1) + "(" * V"E" * ")" }
t = exp:match("1+2*(3-4)") eq(t[2], "+") eq(t[3][1], "2") eq(t[3][3][2], "-")
eq(P{ "S", S = V"A" + "", A = "a" * V"S" }:match("aaa"), 4)
local anywhere = P{ Cp() * P"xx" * Cp() + 1 * V(1) } eq(list(anywhere:match("abxxc")), "3 5")
fails("may be left recursive", P, { V(1) * "a" }) fails("may be left recursive", P, { "A", A = V"B", B = "x" + V"A" })
fails("undefined", P, { V"nope" }) fails("outside a grammar", m.match, V"x", "") fails("empty string", function() return (P"a" ^ 0) ^ 0 end)
fails("empty loop in rule", P, { "A", A = V"B" ^ 0, B = P"x" ^ -1 }) fails("not defined", P, { "A" })
fails("fixed length", B, P"a" ^ 0) fails("captures", B, C"a") fails("backtrack stack overflow", m.match, P{ "a" * V(1) + "" }, ("a"):rep(1000))
m.setmaxstack(10000) eq(m.match(P{ "a" * V(1) + "" }, ("a"):rep(1000)), 1001)
eq(m.type(P"a"), "pattern") eq(m.type("a"), nil) assert(m.version:find"1.1")
local loc = m.locale() eq((loc.alpha ^ 1 * loc.digit ^ 1 * loc.space * loc.punct):match("ab12 !"), 7) eq(loc.xdigit:match("g"), nil)
-- operators with plain values, look-ahead, ordered choice
eq(("a" * P"b"):match("ab"), 3) eq((1 + P"x"):match("y"), 2) eq((P"abc" - "abd"):match("abc"), 4) eq((#C"a" * C"a"):match("a"), "a")
eq(list((-C"b" * C"a"):match("a")), "a") eq(list((C"a" * "b" + C"a" * "c"):match("ac")), "a")
local csv = Ct(C((1 - S",\n") ^ 0) * ("," * C((1 - S",\n") ^ 0)) ^ 0) t = csv:match("a,,b") eq(#t, 3) eq(t[2], "")
eq(Cs((1 - P"." + P"." / " dot ") ^ 0):match("a.b"), "a dot b") eq(Cs(C"a" * (C"b" / "x")):match("ab"), "ax")
fails("no values in capture", m.match, (Cg("a", "n") / "%1"), "a") fails("invalid capture index", m.match, P"a" / "%2", "a")
fails("no initial value", m.match, Cf(P"a", print), "a") fails("no previous value", m.match, P"a" % print, "a")
eq(list(m.match(Ct(Cg(Cc(1) * Cc(2), "a") * Cc(3)) / function(t) return t.a, t[1] end, "")), "1 3")
local json = P{ "v", v = V"o" + V"a" + C(R"09" ^ 1) / tonumber, a = "[" * Ct((V"v" * ("," * V"v") ^ 0) ^ -1) * "]", o = "{" * Cf(Ct"" * (Cg(C(R"az" ^ 1) * ":" * V"v") * P"," ^ -1) ^ 0, rawset) * "}" }
t = json:match("{a:[1,2,[3]],b:{c:4}}") eq(t.a[3][1], 3) eq(t.b.c, 4)
