"""The script for PowerShell 5.1 and 7."""

from __future__ import annotations

from poecli.completion.spec import CommandSpec, CompletionKind, Spec, Value

_FRAME = r"""# Completion of poe for PowerShell. Made by `poe completions powershell`; not meant to be edited.

$script:PoeCommands = [ordered]@{
@COMMANDS@
}

$script:PoeFlags = @{
@FLAGS@
}

$script:PoeValues = @{
@VALUES@
}

$script:PoeArguments = @{
@ARGUMENTS@
}

$script:PoeTemplates = @(@TEMPLATES@)

function script:Get-PoeProjectBots {
    $folder = Get-Item -LiteralPath . -ErrorAction SilentlyContinue
    while ($folder) {
        $file = Join-Path $folder.FullName 'poe.toml'
        if (Test-Path -LiteralPath $file) {
            return @(Select-String -LiteralPath $file -Pattern '^\s*\[bots\."?([^\]"]+)"?\]' |
                ForEach-Object { $_.Matches[0].Groups[1].Value })
        }
        $folder = $folder.Parent
    }
}

function script:Get-PoeHandles {
    $cache = if ($env:XDG_CACHE_HOME) { $env:XDG_CACHE_HOME } elseif ($env:LOCALAPPDATA) { $env:LOCALAPPDATA } else { "$HOME/.cache" }
    Get-Content -LiteralPath (Join-Path $cache 'poe/models.txt') -ErrorAction SilentlyContinue
}

function script:Get-PoeValues([string]$kind) {
    switch -Wildcard ($kind) {
        'words *' { return $kind.Substring(6).Split(' ') }
        'template' { return $script:PoeTemplates }
        'command' { return $script:PoeCommands.Keys }
        'project-bot' { return Get-PoeProjectBots }
        'bot' { return @(Get-PoeProjectBots) + @(Get-PoeHandles) }
    }
}

Register-ArgumentCompleter -Native -CommandName @('poe', 'poecli') -ScriptBlock {
    param($wordToComplete, $commandAst, $cursorPosition)
    $words = @($commandAst.CommandElements | ForEach-Object { $_.ToString() })
    $before = if ($wordToComplete) { $words.Count - 1 } else { $words.Count }
    if ($before -le 1) {
        $script:PoeCommands.GetEnumerator() | Where-Object { $_.Key -like "$wordToComplete*" } | ForEach-Object {
            [System.Management.Automation.CompletionResult]::new($_.Key, $_.Key, 'ParameterValue', $_.Value)
        }
        return
    }
    $name = $words[1]
    $kind = $script:PoeValues["$name $($words[$before - 1])"]
    if (-not $kind -and $wordToComplete -like '-*') {
        $offers = $script:PoeFlags[$name]
    } else {
        if (-not $kind) { $kind = $script:PoeArguments[$name] }
        $offers = Get-PoeValues $kind
    }
    $offers | Where-Object { $_ -like "$wordToComplete*" } | ForEach-Object {
        [System.Management.Automation.CompletionResult]::new($_, $_, 'ParameterValue', $_)
    }
}
"""


def script(spec: Spec) -> str:
    """The whole script. Where nothing is offered, PowerShell completes files by itself."""
    parts = {
        "COMMANDS": [f"    '{c.name}' = '{c.summary}'" for c in spec.commands],
        "FLAGS": [f"    '{c.name}' = @({_quoted(_flag_names(c))})" for c in spec.commands],
        "VALUES": [line for c in spec.commands for line in _values(c)],
        "ARGUMENTS": [
            f"    '{c.name}' = '{_shown(c.arguments[0])}'" for c in spec.commands if c.arguments
        ],
        "TEMPLATES": [_quoted(spec.templates)],
    }
    text = _FRAME
    for name, lines in parts.items():
        text = text.replace(f"@{name}@", "\n".join(lines))
    return text


def _flag_names(command: CommandSpec) -> tuple[str, ...]:
    return tuple(name for flag in command.flags for name in flag.names)


def _quoted(words: tuple[str, ...]) -> str:
    return ", ".join(f"'{word}'" for word in words)


def _shown(value: Value) -> str:
    return " ".join([value.kind.value, *value.words])


def _values(command: CommandSpec) -> list[str]:
    # Hashtables of PowerShell ignore case, so -a and -A of one command can't both stand there.
    lines: dict[str, str] = {}
    for flag in command.flags:
        if flag.value is not None and flag.value.kind is not CompletionKind.TEXT:
            for name in flag.names:
                key = f"{command.name} {name}"
                lines.setdefault(key.casefold(), f"    '{key}' = '{_shown(flag.value)}'")
    return list(lines.values())
