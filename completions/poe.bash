# Completion of poe for bash. Made by `poe completions bash`; not meant to be edited.

_poe_project_bots() {
  local folder=$PWD
  while [ -n "$folder" ]; do
    if [ -r "$folder/poe.toml" ]; then
      command sed -nE 's/^[[:space:]]*\[bots\."?([^]"]+)"?\].*/\1/p' "$folder/poe.toml" 2>/dev/null
      return
    fi
    folder=${folder%/*}
  done
}

_poe_handles() {
  command cat "${XDG_CACHE_HOME:-$HOME/.cache}/poe/models.txt" \
    "$HOME/Library/Caches/poe/models.txt" 2>/dev/null
}

_poe_flags() {
  case $1 in
    new) echo "--name --deploy --git --no-git --force --from --list --json --quiet -q --no-input --no-color --help" ;;
    init) echo "--name --json --quiet -q --no-input --no-color --help" ;;
    upgrade) echo "--write --only --skip --explain --json --quiet -q --no-input --no-color --help" ;;
    dev) echo "--host --port -p --reload --no-reload --reload-with --python --access-key --bot --fault --balance --save --seed --exec --debug --attach --access-key-file --tunnel --tunnel-url --sync --open --json --quiet -q --verbose -v --no-input --no-color --help" ;;
    chat) echo "--message -m --attach -a --json --jsonl --stream --extract -x --lang --plain --save-files --timeout --retries --no-stdin --stdin-timeout --system --temperature --stop --logit-bias --param -p --text-params --skip-system-prompt --tools --yes -y --continue -c --resume --list --show --export --search --remove --no-store --no-history --fault --key-file --base-url --python --quiet -q --no-input --no-color --help" ;;
    trigger) echo "--set --remove --raw --url --bot --python --print --curl --list --timeout --access-key-file --json --quiet -q --no-input --no-color --help" ;;
    turns) echo "--limit -n --all --older-than --output -o --json --no-input --no-color --help" ;;
    replay) echo "--last --fresh --like --accept --watch --format --timeout --python --json --quiet -q --no-input --no-color --help" ;;
    models) echo "--takes --gives --offline --base-url --json --no-input --no-color --help" ;;
    usage) echo "--limit -n --all --after --by --base-url --json --no-input --no-color --help" ;;
    serve) echo "--workers -w --port -p --host --drain --allow-without-key --forwarded-allow-ips --access-log --no-access-log --python --json --quiet -q --no-input --no-color --help" ;;
    check) echo "--only --skip --level --repeat --explain --format --message -m --bot --fault --live --timeout --fastapi-poe --restart --fix --access-key-file --from-session --write --python --json --quiet -q --no-input --no-color --help" ;;
    deploy) echo "--all --dry-run --skip --wait --python --base-url --json --quiet -q --no-input --no-color --help" ;;
    status) echo "--base-url --json --no-input --no-color --help" ;;
    sync-settings) echo "--all --push --check --dry-run --force --target --python --wait-for --wait-timeout --timeout --retries --access-key-file --access-key-stdin --access-key --base-url --json --quiet -q --verbose -v --no-input --no-color --help" ;;
    login) echo "--stdin --no-input --no-color --help" ;;
    logout) echo "--no-input --no-color --help" ;;
    whoami) echo "--json --no-input --no-color --help" ;;
    doctor) echo "--access-key-file --python --json --report --no-input --no-color --help" ;;
    completions) echo "--install --uninstall --no-input --no-color --help" ;;
    help) echo "--json --no-input --no-color --help" ;;
  esac
}

_poe_value() {
  case $1 in
    "new --name") echo "text" ;;
    "new --deploy") echo "words modal docker fly render cloudrun none" ;;
    "new --from") echo "folder" ;;
    "init --name") echo "text" ;;
    "upgrade --only") echo "text" ;;
    "upgrade --skip") echo "text" ;;
    "upgrade --explain") echo "text" ;;
    "dev --host") echo "text" ;;
    "dev --port" | "dev -p") echo "text" ;;
    "dev --reload-with") echo "words auto fork standby fresh" ;;
    "dev --python") echo "file" ;;
    "dev --access-key") echo "text" ;;
    "dev --bot") echo "bot" ;;
    "dev --fault") echo "text" ;;
    "dev --balance") echo "text" ;;
    "dev --seed") echo "text" ;;
    "dev --exec") echo "text" ;;
    "dev --attach") echo "text" ;;
    "dev --access-key-file") echo "file" ;;
    "dev --tunnel") echo "words cloudflared ngrok ssh off" ;;
    "dev --tunnel-url") echo "text" ;;
    "dev --sync") echo "project-bot" ;;
    "chat --message" | "chat -m") echo "text" ;;
    "chat --attach" | "chat -a") echo "file" ;;
    "chat --lang") echo "text" ;;
    "chat --save-files") echo "folder" ;;
    "chat --timeout") echo "text" ;;
    "chat --retries") echo "text" ;;
    "chat --stdin-timeout") echo "text" ;;
    "chat --system") echo "text" ;;
    "chat --temperature") echo "text" ;;
    "chat --stop") echo "text" ;;
    "chat --logit-bias") echo "text" ;;
    "chat --param" | "chat -p") echo "text" ;;
    "chat --tools") echo "file" ;;
    "chat --resume") echo "text" ;;
    "chat --show") echo "text" ;;
    "chat --export") echo "words md json" ;;
    "chat --search") echo "text" ;;
    "chat --remove") echo "text" ;;
    "chat --fault") echo "text" ;;
    "chat --key-file") echo "file" ;;
    "chat --base-url") echo "text" ;;
    "chat --python") echo "file" ;;
    "trigger --set") echo "text" ;;
    "trigger --remove") echo "text" ;;
    "trigger --raw") echo "file" ;;
    "trigger --url") echo "text" ;;
    "trigger --bot") echo "project-bot" ;;
    "trigger --python") echo "file" ;;
    "trigger --timeout") echo "text" ;;
    "trigger --access-key-file") echo "file" ;;
    "turns --limit" | "turns -n") echo "text" ;;
    "turns --older-than") echo "text" ;;
    "turns --output" | "turns -o") echo "file" ;;
    "replay --last") echo "text" ;;
    "replay --like") echo "file" ;;
    "replay --format") echo "words text json junit github" ;;
    "replay --timeout") echo "text" ;;
    "replay --python") echo "file" ;;
    "models --takes") echo "text" ;;
    "models --gives") echo "text" ;;
    "models --base-url") echo "text" ;;
    "usage --limit" | "usage -n") echo "text" ;;
    "usage --after") echo "text" ;;
    "usage --by") echo "words bot day" ;;
    "usage --base-url") echo "text" ;;
    "serve --workers" | "serve -w") echo "text" ;;
    "serve --port" | "serve -p") echo "text" ;;
    "serve --host") echo "text" ;;
    "serve --drain") echo "text" ;;
    "serve --forwarded-allow-ips") echo "text" ;;
    "serve --python") echo "file" ;;
    "check --only") echo "text" ;;
    "check --skip") echo "text" ;;
    "check --level") echo "words must should advice" ;;
    "check --repeat") echo "text" ;;
    "check --explain") echo "text" ;;
    "check --format") echo "words text json junit sarif github" ;;
    "check --message" | "check -m") echo "text" ;;
    "check --bot") echo "bot" ;;
    "check --fault") echo "text" ;;
    "check --timeout") echo "text" ;;
    "check --fastapi-poe") echo "text" ;;
    "check --access-key-file") echo "file" ;;
    "check --from-session") echo "text" ;;
    "check --write") echo "file" ;;
    "check --python") echo "file" ;;
    "deploy --skip") echo "text" ;;
    "deploy --wait") echo "text" ;;
    "deploy --python") echo "file" ;;
    "deploy --base-url") echo "text" ;;
    "status --base-url") echo "text" ;;
    "sync-settings --target") echo "target" ;;
    "sync-settings --python") echo "file" ;;
    "sync-settings --wait-for") echo "text" ;;
    "sync-settings --wait-timeout") echo "text" ;;
    "sync-settings --timeout") echo "text" ;;
    "sync-settings --retries") echo "text" ;;
    "sync-settings --access-key-file") echo "file" ;;
    "sync-settings --access-key") echo "text" ;;
    "sync-settings --base-url") echo "text" ;;
    "doctor --access-key-file") echo "file" ;;
    "doctor --python") echo "file" ;;
  esac
}

_poe_argument() {
  case $1 in
    "new 0") echo "template" ;;
    "new 1") echo "folder" ;;
    "init 0") echo "target" ;;
    "upgrade 0") echo "target" ;;
    "dev 0") echo "target" ;;
    "chat 0") echo "bot" ;;
    "trigger 0") echo "words query settings report_feedback report_reaction report_error" ;;
    "turns 0") echo "words list show search export rm" ;;
    "serve 0") echo "target" ;;
    "check 0") echo "target" ;;
    "deploy 0") echo "project-bot" ;;
    "sync-settings 0") echo "project-bot" ;;
    "completions 0") echo "words bash zsh fish powershell" ;;
    "help 0") echo "command" ;;
  esac
}

_poe_offer() {
  local kind=${1%% *} words=${1#* }
  local IFS=$'\n'
  case $kind in
    words) words=${words// /$'\n'} ;;
    template) words=$'echo\nquery-bot\nturbo-example\nfunction-calling\nimage-response\nfile-upload\npdf-counter\nattachment-output\nattachment-output-demo\nintroduction\ntrivia\nmulti-bot\nhttp-request\napi-client\nprompt\nparameter-controls\nfunction-calling-loop\nparallel\nllm-wrapper\ncosts\nfastapi-app' ;;
    command) words=$'new\ninit\nupgrade\ndev\nchat\ntrigger\nturns\nreplay\nmodels\nusage\nserve\ncheck\ndeploy\nstatus\nsync-settings\nlogin\nlogout\nwhoami\ndoctor\ncompletions\nhelp' ;;
    project-bot) words=$(_poe_project_bots) ;;
    bot) words=$(_poe_project_bots; _poe_handles) ;;
    *) words= ;;
  esac
  COMPREPLY=($(compgen -W "$words" -- "$cur"))
  case $kind in
    file | target | bot) COMPREPLY+=($(compgen -f -- "$cur")) ;;
    folder) COMPREPLY+=($(compgen -d -- "$cur")) ;;
  esac
  case $kind in
    file | target | bot | folder) compopt -o filenames 2>/dev/null ;;
  esac
}

_poe() {
  local cur=${COMP_WORDS[COMP_CWORD]} name=${COMP_WORDS[1]} previous= kind= i place=0
  COMPREPLY=()
  if [ "$COMP_CWORD" -eq 1 ]; then
    COMPREPLY=($(compgen -W "new init upgrade dev chat trigger turns replay models usage serve check deploy status sync-settings login logout whoami doctor completions help --help --version" -- "$cur"))
    return
  fi
  # Readline cuts --flag=value into three words.
  previous=${COMP_WORDS[COMP_CWORD-1]}
  if [ "$cur" = "=" ]; then
    cur=
  elif [ "$previous" = "=" ]; then
    previous=${COMP_WORDS[COMP_CWORD-2]}
  fi
  kind=$(_poe_value "$name $previous")
  if [ -n "$kind" ]; then
    _poe_offer "$kind"
    return
  fi
  case $cur in
    -*)
      COMPREPLY=($(compgen -W "$(_poe_flags "$name")" -- "$cur"))
      return
      ;;
  esac
  for ((i = 2; i < COMP_CWORD; i++)); do
    case ${COMP_WORDS[i]} in
      -* | =) continue ;;
    esac
    [ -z "$(_poe_value "$name ${COMP_WORDS[i-1]}")" ] && place=$((place + 1))
  done
  _poe_offer "$(_poe_argument "$name $place")"
}

complete -F _poe poe poecli
