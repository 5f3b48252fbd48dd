"""The scripts that let a shell ask this program how a command line may go on."""

from __future__ import annotations

from typing import Final

PROGRAM: Final = "sorasync"
VARIABLE: Final = "_SORASYNC_COMPLETE"

_BASH: Final = """\
_sorasync_completion() {
    local line=${COMP_LINE:0:COMP_POINT} kind value word prefix
    local -a words
    read -ra words <<< "$line"
    [[ $line == *[[:space:]] ]] && words+=("")
    word=${words[-1]}
    # Bash takes = and : for ends of words, and replaces only what follows the last of them.
    prefix=${word%"${word##*[=:]}"}
    COMPREPLY=()
    while IFS=, read -r kind value; do
        case $kind in
            dir) compopt -o dirnames ;;
            file) compopt -o default ;;
            plain) COMPREPLY+=("${value#"$prefix"}") ;;
        esac
    done < <(env COMP_WORDS="$line" COMP_CWORD=$((${#words[@]} - 1)) _SORASYNC_COMPLETE=bash_complete "$1")
}
complete -o nosort -F _sorasync_completion sorasync
"""
"""Not click's own: that one loses what stands before a `=` or `:`, which addresses and tags have, and lets
the brackets of an address match file names."""

_FISH: Final = """\
function _sorasync_completion
    set -l answer (env _SORASYNC_COMPLETE=fish_complete COMP_WORDS=(commandline -cp) \\
        COMP_CWORD=(commandline -t) sorasync)
    for line in $answer
        # Addresses and help hold commas as well: only the first one ends the kind.
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
"""Not click's own: that one cuts addresses and help at their second comma."""


def script(shell: str) -> str:
    """The script for bash, zsh or fish."""
    if shell in (own := {"bash": _BASH, "fish": _FISH}):
        return own[shell]
    from click.shell_completion import get_completion_class

    from sorasync.cli.main import cli

    kind = get_completion_class(shell)
    assert kind is not None
    return kind(cli, {}, PROGRAM, VARIABLE).source().lstrip("\n")
