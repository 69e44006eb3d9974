/** The shells for which there is a script. */
export const SHELLS = ['bash', 'zsh', 'powershell'] as const

export type Shell = (typeof SHELLS)[number]

/**
 * The script that makes a shell ask this tool what may come next. The first line of an answer is `words` or `files`, each
 * further one a word, and after a tab what it means.
 *
 * @param program the name of the tool on the command line
 */
export function completionScript(shell: Shell, program: string): string {
  return SCRIPTS[shell].replaceAll('PROGRAM', program)
}

const BASH = `# Completion of PROGRAM for bash, also the one that macOS brings (3.2).
_PROGRAM() {
  local answer kind word
  answer=$(PROGRAM __complete bash "\${COMP_LINE:0:COMP_POINT}" 2>/dev/null) || return 0
  COMPREPLY=()
  while IFS=$'\\t' read -r word _; do
    if [ -z "\${kind:-}" ]; then
      kind=$word
    elif [ -n "$word" ]; then
      COMPREPLY+=("$word")
    fi
  done <<< "$answer"
  if [ "\${kind:-}" = files ]; then
    local IFS=$'\\n'
    COMPREPLY=($(compgen -f -- "\${COMP_WORDS[COMP_CWORD]#=}"))
    compopt -o filenames 2>/dev/null
  fi
  return 0
}
complete -F _PROGRAM PROGRAM
`

const ZSH = `#compdef PROGRAM
# Completion of PROGRAM for zsh.
_PROGRAM() {
  local -a lines candidates given
  local line word
  given=("\${(@Q)words[2,CURRENT-1]}" "$PREFIX")
  # As one word, because Node.js takes an --env-file for its own wherever it stands.
  lines=("\${(@f)$(PROGRAM __complete zsh "\${(F)given}" 2>/dev/null)}")
  if [[ "\${lines[1]}" == files ]]; then
    [[ "$PREFIX" == --*=* ]] && compset -P '*='
    _files
    return
  fi
  for line in "\${(@)lines[2,-1]}"; do
    [[ -z "$line" ]] && continue
    word="\${line%%$'\\t'*}"
    candidates+=("\${word//:/\\\\:}:\${line#*$'\\t'}")
  done
  _describe -V 'PROGRAM' candidates
}
if [[ "\${funcstack[1]}" == _PROGRAM ]]; then
  _PROGRAM "$@"
else
  compdef _PROGRAM PROGRAM
fi
`

const POWERSHELL = `# Completion of PROGRAM for PowerShell.
Register-ArgumentCompleter -Native -CommandName PROGRAM -ScriptBlock {
  param($wordToComplete, $commandAst, $cursorPosition)
  $line = $commandAst.ToString()
  $length = $cursorPosition - $commandAst.Extent.StartOffset
  $line = if ($length -gt $line.Length) { $line + ' ' } else { $line.Substring(0, $length) }
  # Encoded, because not every PowerShell hands quotes on.
  $encoded = [Convert]::ToBase64String([Text.Encoding]::UTF8.GetBytes($line))
  $kind, $lines = @(PROGRAM __complete powershell $encoded 2>$null)
  # Nothing is said for files, and PowerShell completes them by itself.
  if ($kind -ne 'words') { return }
  foreach ($entry in $lines) {
    $word, $description = $entry -split "\`t", 2
    if (-not $description) { $description = $word }
    [System.Management.Automation.CompletionResult]::new($word, $word, 'ParameterValue', $description)
  }
}
`

const SCRIPTS: Readonly<Record<Shell, string>> = { bash: BASH, zsh: ZSH, powershell: POWERSHELL }
