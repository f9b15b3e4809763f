#!/usr/bin/env bash
# venv.sh LOCK [FOLDER]: make a virtual environment (Python 3.11; .venv) and install exactly what LOCK says, by hashes.
# Needs python3.11 with pip; does without ensurepip (Debian puts it into a package of its own). PYTHON names another.
set -euo pipefail
lock=$1
folder=${2:-.venv}
python=${PYTHON:-python3.11}
command -v "$python" >/dev/null || { echo "$python is missing: install Python 3.11, or set PYTHON." >&2; exit 1; }

if [ ! -x "$folder/bin/python" ]; then
    "$python" -m venv "$folder" 2>/dev/null || { rm -rf "$folder"; "$python" -m venv --without-pip "$folder"; }
fi
if "$folder/bin/python" -c 'import pip' 2>/dev/null; then
    pip=("$folder/bin/python" -m pip)
elif "$python" -m pip --version >/dev/null 2>&1; then
    pip=("$python" -m pip --python "$folder/bin/python")
else
    echo "$python has neither ensurepip nor pip: install one of them (Debian: python3.11-venv or python3-pip)." >&2
    exit 1
fi
# http-ece and (of the tests only) peewee have no wheel; both are pure Python, peewee when it is told to be.
NO_SQLITE=1 "${pip[@]}" install --quiet --disable-pip-version-check --root-user-action=ignore \
    --only-binary=:all: --no-binary=http-ece --no-binary=peewee --require-hashes -r "$lock"
