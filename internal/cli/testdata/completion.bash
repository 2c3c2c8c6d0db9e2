# Completions of sonde for bash: source <(sonde completion bash)
_sonde() {
    local cur=${COMP_WORDS[COMP_CWORD]} prev=${COMP_WORDS[COMP_CWORD-1]}
    COMPREPLY=()
    case $prev in
    -iL|--excludefile|--versiondb|-oN|-oX|-oG|-oM|-m|-oJ|-oL|-oA|--servicedb)
        compopt -o filenames; mapfile -t COMPREPLY < <(compgen -f -- "$cur")
        return ;;
    --datadir)
        compopt -o filenames; mapfile -t COMPREPLY < <(compgen -d -- "$cur")
        return ;;
    -e)
        mapfile -t COMPREPLY < <(compgen -W "$(ls /sys/class/net 2>/dev/null)" -- "$cur")
        return ;;
    -T|--timing)
        mapfile -t COMPREPLY < <(compgen -W 'paranoid sneaky polite normal aggressive insane' -- "$cur")
        return ;;
    --version-intensity)
        mapfile -t COMPREPLY < <(compgen -W '0 1 2 3 4 5 6 7 8 9' -- "$cur")
        return ;;
    -iR|--exclude|--dns-servers|--scanflags|-p|--exclude-ports|--top-ports|--port-ratio|--version-race|--min-rtt-timeout|--max-rtt-timeout|--initial-rtt-timeout|--max-retries|--host-timeout|--scan-delay|--max-scan-delay|--min-rate|--max-rate|--min-parallelism|--max-parallelism|-M|--min-hostgroup|--max-hostgroup|-S|--stats-every|--stylesheet|--seed)
        return ;;
    completion)
        mapfile -t COMPREPLY < <(compgen -W 'bash zsh fish' -- "$cur")
        return ;;
    esac
    if [[ $cur == -* ]]; then
        mapfile -t COMPREPLY < <(compgen -W '-iL -iR --exclude --excludefile --unique --resolve-all --randomize-hosts --rH -4 -6 -sL -sn -sP -Pn -P0 -PN -PD -PS -PA -PT -PE -PI -PP -PM --discovery-ignore-rst -n -R --dns-servers --system-dns -sT -sU -sS -sA -sW -sM -sN -sF -sX --scanflags -p --exclude-ports -F --top-ports --port-ratio -r -sV -sR --version-intensity --version-light --version-all --allports --version-race --version-trace --versiondb -T --timing --min-rtt-timeout --max-rtt-timeout --initial-rtt-timeout --max-retries --host-timeout --scan-delay --max-scan-delay --min-rate --max-rate --min-parallelism --max-parallelism -M --min-hostgroup --max-hostgroup --nogcc --defeat-icmp-ratelimit -e -S --privileged --unprivileged -oN -oX -oG -oM -m -oJ -oL -oA --append-output --extras -v --verbose -d --debug --reason --open --packet-trace --stats-every --stylesheet --webxml --no-stylesheet --iflist -A --datadir --servicedb --seed -V --version -h --help' -- "$cur")
    elif ((COMP_CWORD == 1)); then
        mapfile -t COMPREPLY < <(compgen -A hostname -W 'demo explain db man completion' -- "$cur")
    else
        mapfile -t COMPREPLY < <(compgen -A hostname -- "$cur")
    fi
}
complete -F _sonde sonde
