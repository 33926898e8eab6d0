# Names of allocators; of the traces, --list reads the one that is named.
_malloclab_allocators()
{
    "$_malloclab_root/mdriver" --list -f aligned -t "$_malloclab_root/traces" \
        2>/dev/null | awk '/^[A-Z]/ { on = $1 == "Allocators:" }
                           on && /^ / { print $1 }'
}

_malloclab_traces()
{
    (cd "$_malloclab_root/traces" && ls | grep '\.rep')
}

# Options and subcommands that the --help of a command has.
_malloclab_help()
{
    "$@" --help 2>/dev/null | awk '
        /^[^ ]/ { on = 0 }
        /^  [A-Z]+$/ { on = 1 }
        on && /^    [a-z]/ { print $1 }
        /^ *-/ { while (match($0, /--[a-z][a-z-]*/)) {
            print substr($0, RSTART, RLENGTH)
            $0 = substr($0, RSTART + RLENGTH) } }'
}

# The values that the help has for an option, as in --by {util,time}.
_malloclab_values()
{
    "${@:2}" --help 2>/dev/null | awk -v start="$1 {" '
        (at = index($0, start)) { $0 = substr($0, at + length(start))
                                  sub(/}.*/, ""); gsub(/,/, " "); print; exit }'
}

_malloclab()
{
    local word=$2 before=$3 words=() line=("$1")

    if [[ $word == = ]]; then
        word=
    elif [[ $before == = ]]; then
        before=${COMP_WORDS[COMP_CWORD - 2]}
    fi
    case $before in
    -a | --allocator | --baseline)
        local head=
        [[ $word == *,* ]] && head=${word%,*},
        words=($(compgen -W "$(_malloclab_allocators)" -- "${word##*,}"))
        COMPREPLY=("${words[@]/#/$head}")
        return ;;
    -f | --file)
        COMPREPLY=($(compgen -W "$(_malloclab_traces)" -- "$word"))
        return ;;
    esac
    # A subcommand has options of its own.
    [[ $1 == *tools/* && $COMP_CWORD -gt 1 && ${COMP_WORDS[1]} == [a-z]* ]] &&
        line+=("${COMP_WORDS[1]}")
    [[ $before == --* ]] &&
        words=($(_malloclab_values "$before" "${line[@]}"))
    if ((${#words[@]} == 0)); then
        words=($(_malloclab_help "${line[@]}"))
        # Traces, where no subcommand comes first.
        if [[ $word != -* && " ${words[*]}" != *" "[a-z]* ]] &&
            "${line[@]}" --help 2>/dev/null | grep -q TRACE; then
            words=($(_malloclab_traces))
        fi
    fi
    COMPREPLY=($(compgen -W "${words[*]}" -- "$word"))
}
