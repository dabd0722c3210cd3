# Completion of poe for PowerShell. Made by `poe completions powershell`; not meant to be edited.

$script:PoeCommands = [ordered]@{
    'new' = 'Create a bot project from a template'
    'init' = 'Write a poe.toml for the bots in this folder'
    'upgrade' = 'Bring an old bot up to date, as a diff or --write'
    'dev' = 'Run a bot with hot reload, next to a local Poe'
    'chat' = 'Talk to a bot on Poe, at a URL, or in a file'
    'trigger' = 'Send a bot any event of Poeʼs and show its answer'
    'turns' = 'List, show, export or remove the kept turns'
    'replay' = 'Ask a bot again what was kept, and compare'
    'models' = 'List the bots that Poe offers to scripts'
    'usage' = 'Show your points, and what each query cost'
    'serve' = 'Run a bot in production; a restart cuts no answer'
    'check' = 'Check a bot against Poeʼs protocol'
    'deploy' = 'Deploy bots, prove it, sync them with Poe'
    'status' = 'Show whether what is live is what is here'
    'sync-settings' = 'Make Poe fetch a botʼs settings again'
    'login' = 'Store your Poe API key'
    'logout' = 'Remove the stored API key'
    'whoami' = 'Show which keys are set, masked, and their sources'
    'doctor' = 'Diagnose problems, step by step'
    'completions' = 'Print or install completion for your shell'
    'help' = 'Explain a command; the whole tree with --json'
}

$script:PoeFlags = @{
    'new' = @('--name', '--deploy', '--git', '--no-git', '--force', '--from', '--list', '--json', '--quiet', '-q', '--no-input', '--no-color', '--help')
    'init' = @('--name', '--json', '--quiet', '-q', '--no-input', '--no-color', '--help')
    'upgrade' = @('--write', '--only', '--skip', '--explain', '--json', '--quiet', '-q', '--no-input', '--no-color', '--help')
    'dev' = @('--host', '--port', '-p', '--reload', '--no-reload', '--reload-with', '--python', '--access-key', '--bot', '--fault', '--balance', '--save', '--seed', '--exec', '--debug', '--attach', '--access-key-file', '--tunnel', '--tunnel-url', '--sync', '--open', '--json', '--quiet', '-q', '--verbose', '-v', '--no-input', '--no-color', '--help')
    'chat' = @('--message', '-m', '--attach', '-a', '--json', '--jsonl', '--stream', '--extract', '-x', '--lang', '--plain', '--save-files', '--timeout', '--retries', '--no-stdin', '--stdin-timeout', '--system', '--temperature', '--stop', '--logit-bias', '--param', '-p', '--text-params', '--skip-system-prompt', '--tools', '--yes', '-y', '--continue', '-c', '--resume', '--list', '--show', '--export', '--search', '--remove', '--no-store', '--no-history', '--fault', '--key-file', '--base-url', '--python', '--quiet', '-q', '--no-input', '--no-color', '--help')
    'trigger' = @('--set', '--remove', '--raw', '--url', '--bot', '--python', '--print', '--curl', '--list', '--timeout', '--access-key-file', '--json', '--quiet', '-q', '--no-input', '--no-color', '--help')
    'turns' = @('--limit', '-n', '--all', '--older-than', '--output', '-o', '--json', '--no-input', '--no-color', '--help')
    'replay' = @('--last', '--fresh', '--like', '--accept', '--watch', '--format', '--timeout', '--python', '--json', '--quiet', '-q', '--no-input', '--no-color', '--help')
    'models' = @('--takes', '--gives', '--offline', '--base-url', '--json', '--no-input', '--no-color', '--help')
    'usage' = @('--limit', '-n', '--all', '--after', '--by', '--base-url', '--json', '--no-input', '--no-color', '--help')
    'serve' = @('--workers', '-w', '--port', '-p', '--host', '--drain', '--allow-without-key', '--forwarded-allow-ips', '--access-log', '--no-access-log', '--python', '--json', '--quiet', '-q', '--no-input', '--no-color', '--help')
    'check' = @('--only', '--skip', '--level', '--repeat', '--explain', '--format', '--message', '-m', '--bot', '--fault', '--live', '--timeout', '--fastapi-poe', '--restart', '--fix', '--access-key-file', '--from-session', '--write', '--python', '--json', '--quiet', '-q', '--no-input', '--no-color', '--help')
    'deploy' = @('--all', '--dry-run', '--skip', '--wait', '--python', '--base-url', '--json', '--quiet', '-q', '--no-input', '--no-color', '--help')
    'status' = @('--base-url', '--json', '--no-input', '--no-color', '--help')
    'sync-settings' = @('--all', '--push', '--check', '--dry-run', '--force', '--target', '--python', '--wait-for', '--wait-timeout', '--timeout', '--retries', '--access-key-file', '--access-key-stdin', '--access-key', '--base-url', '--json', '--quiet', '-q', '--verbose', '-v', '--no-input', '--no-color', '--help')
    'login' = @('--stdin', '--no-input', '--no-color', '--help')
    'logout' = @('--no-input', '--no-color', '--help')
    'whoami' = @('--json', '--no-input', '--no-color', '--help')
    'doctor' = @('--access-key-file', '--python', '--json', '--report', '--no-input', '--no-color', '--help')
    'completions' = @('--install', '--uninstall', '--no-input', '--no-color', '--help')
    'help' = @('--json', '--no-input', '--no-color', '--help')
}

$script:PoeValues = @{
    'new --deploy' = 'words modal docker fly render cloudrun none'
    'new --from' = 'folder'
    'dev --reload-with' = 'words auto fork standby fresh'
    'dev --python' = 'file'
    'dev --bot' = 'bot'
    'dev --access-key-file' = 'file'
    'dev --tunnel' = 'words cloudflared ngrok ssh off'
    'dev --sync' = 'project-bot'
    'chat --attach' = 'file'
    'chat -a' = 'file'
    'chat --save-files' = 'folder'
    'chat --tools' = 'file'
    'chat --export' = 'words md json'
    'chat --key-file' = 'file'
    'chat --python' = 'file'
    'trigger --raw' = 'file'
    'trigger --bot' = 'project-bot'
    'trigger --python' = 'file'
    'trigger --access-key-file' = 'file'
    'turns --output' = 'file'
    'turns -o' = 'file'
    'replay --like' = 'file'
    'replay --format' = 'words text json junit github'
    'replay --python' = 'file'
    'usage --by' = 'words bot day'
    'serve --python' = 'file'
    'check --level' = 'words must should advice'
    'check --format' = 'words text json junit sarif github'
    'check --bot' = 'bot'
    'check --access-key-file' = 'file'
    'check --write' = 'file'
    'check --python' = 'file'
    'deploy --python' = 'file'
    'sync-settings --target' = 'target'
    'sync-settings --python' = 'file'
    'sync-settings --access-key-file' = 'file'
    'doctor --access-key-file' = 'file'
    'doctor --python' = 'file'
}

$script:PoeArguments = @{
    'new' = 'template'
    'init' = 'target'
    'upgrade' = 'target'
    'dev' = 'target'
    'chat' = 'bot'
    'trigger' = 'words query settings report_feedback report_reaction report_error'
    'turns' = 'words list show search export rm'
    'replay' = 'text'
    'models' = 'text'
    'serve' = 'target'
    'check' = 'target'
    'deploy' = 'project-bot'
    'sync-settings' = 'project-bot'
    'doctor' = 'text'
    'completions' = 'words bash zsh fish powershell'
    'help' = 'command'
}

$script:PoeTemplates = @('echo', 'query-bot', 'turbo-example', 'function-calling', 'image-response', 'file-upload', 'pdf-counter', 'attachment-output', 'attachment-output-demo', 'introduction', 'trivia', 'multi-bot', 'http-request', 'api-client', 'prompt', 'parameter-controls', 'function-calling-loop', 'parallel', 'llm-wrapper', 'costs', 'fastapi-app')

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
