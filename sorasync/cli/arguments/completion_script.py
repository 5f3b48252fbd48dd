"""The completion scripts for bash, zsh and fish."""

from __future__ import annotations

from typing import Final

PROGRAM: Final = "sorasync"
VARIABLE: Final = "_SORASYNC_COMPLETE"

# Not click's own: that one loses the text before a `=` or `:`, which addresses and tags have, and lets the
# brackets of an address match file names.
_BASH: Final = r"""
_sorasync_completion() {
    local line=${COMP_LINE:0:COMP_POINT} kind value sign quote= word= begun= prefix i
    local -a words=()
    # Bash splits words its own way; addresses may contain spaces, escaped or in quotes.
    for ((i = 0; i < ${#line}; i++)); do
        sign=${line:i:1}
        case $quote$sign in
            \\ | \"\\) i=$((i + 1)) word+=${line:i:1} begun=1 ;;
            \'\' | \"\") quote= ;;
            [\'\"]?) word+=$sign ;;
            \' | \") quote=$sign begun=1 ;;
            [[:space:]]) [[ $begun ]] && words+=("$word"); word= begun= ;;
            ?) word+=$sign begun=1 ;;
        esac
    done
    # Outside of quotes bash takes = and : for ends of words: it replaces what follows the last of them.
    [[ $quote ]] || prefix=${word%"${word##*[=:]}"}
    COMPREPLY=()
    while IFS=, read -r kind value; do
        value=${value#"$prefix"}
        case $kind in
            dir) compopt -o dirnames ;;
            file) compopt -o default ;;
            plain)
                [[ ! $quote && $value == *[^[:alnum:]_.,:=@%+/#\[\]-]* ]] && printf -v value %q "$value"
                COMPREPLY+=("$value")
                ;;
        esac
    done < <(env COMP_WORDS="$line" COMP_CWORD=${#words[@]} _SORASYNC_COMPLETE=bash_complete "$1")
}
complete -o nosort -F _sorasync_completion sorasync
""".lstrip()

# Not click's own: that one cuts addresses and help at their second comma.
_FISH: Final = """\
function _sorasync_completion
    set -l answer (env _SORASYNC_COMPLETE=fish_complete COMP_WORDS=(commandline -cp) \\
        COMP_CWORD=(commandline -t) sorasync)
    for line in $answer
        # Addresses and help contain commas too: only the first one ends the kind.
        set -l parts (string split --max 1 , -- $line)
        switch $parts[1]
            case dir
                __fish_complete_directories $parts[2]
            case file
                __fish_complete_path $parts[2]
            case plain
                echo $parts[2]
        end
    end
end
complete --no-files --keep-order --command sorasync --arguments "(_sorasync_completion)"
"""


def script(shell: str) -> str:
    """The script for bash, zsh or fish."""
    if shell in (own := {"bash": _BASH, "fish": _FISH}):
        return own[shell]
    from click.shell_completion import get_completion_class

    from sorasync.cli.main import cli

    kind = get_completion_class(shell)
    assert kind is not None
    return kind(cli, {}, PROGRAM, VARIABLE).source().lstrip("\n")
