#!/usr/bin/env bash
# Installs what is missing into .venv and runs every test, from any folder: bash tests/run.sh [arguments for pytest]
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

fail() { echo "tests/run.sh: $*" >&2; exit 1; }
as_root_with_apt() { [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; }
apt_install() { apt-get update -qq >/dev/null && DEBIAN_FRONTEND=noninteractive apt-get install -qq -y --no-install-recommends "$@" >/dev/null; }

# --- a Python with everything in it ---
python=.venv/bin/python
if ! "$python" -m pip --version >/dev/null 2>&1; then
    command -v python3 >/dev/null || { as_root_with_apt && apt_install python3; } || fail "python3 is missing; install Python 3.11 or later."
    python3 -c 'import sys; sys.exit(sys.version_info < (3, 11))' || fail "$(python3 --version) is too old; Python 3.11 or later is needed."
    if ! python3 -c 'import venv, ensurepip' 2>/dev/null; then  # Debian ships python3 without them
        as_root_with_apt && apt_install python3-venv || fail "python3 can't make virtual environments; install python3-venv (Debian: apt-get install python3-venv)."
    fi
    python3 -m venv --clear .venv
fi
pip_install() { "$python" -m pip install --quiet --disable-pip-version-check "$@"; }
wanted=$(cat requirements.txt tests/requirements.txt)
if [ "$wanted" != "$(cat .venv/installed.txt 2>/dev/null)" ]; then  # a second run installs nothing
    if [ "$(uname -s)" = Linux ] && ! command -v nvidia-smi >/dev/null; then  # the plain Linux wheel of torch brings 3 GB of CUDA
        torch=$(grep -oE '^torch==[^ ]+' requirements.txt)
        pip_install --retries 0 --timeout 15 --index-url https://download.pytorch.org/whl/cpu "$torch" 2>/dev/null \
            || echo "tests/run.sh: no CPU build of $torch to be had; taking the default build." >&2
    fi
    pip_install -r requirements.txt -r tests/requirements.txt
    printf '%s\n' "$wanted" >.venv/installed.txt
fi

# --- a browser for tests/browser ---
shell() { command -v chromium-headless-shell; } # a Chromium that draws no frame of its own needs half the time
browser() { shell || command -v chromium || command -v chromium-browser || command -v google-chrome; }
shell >/dev/null || { as_root_with_apt && apt_install chromium-headless-shell 2>/dev/null; } || browser >/dev/null \
    || { as_root_with_apt && apt_install chromium; } || "$python" -m playwright install chromium \
    || fail "there is no browser and none could be installed; install chromium."

export HF_HUB_OFFLINE=1        # a test that reaches for a hub fails instead of waiting
export OMP_WAIT_POLICY=passive # torch's idle threads leave the cores to the browser and the server
export OMP_NUM_THREADS=1       # the models of most tests are so small that a second thread costs more than it brings
[ $# = 0 ] || exec "$python" -m pytest tests "$@"
# all tests, in half the time: those in a browser beside all others; then those of a cluster, as Ray in trouble may end the whole process
tests_of() {
    case $1 in
    browser) echo tests/browser ;;
    others) echo tests --ignore=tests/browser --ignore=tests/core/test_cluster.py ;;
    cluster) echo tests/core/test_cluster.py ;;
    esac
}
# shellcheck disable=SC2046 # the words of tests_of are arguments
run() { "$python" -m pytest $(tests_of "$1") -o "cache_dir=.pytest_cache/$1" "${@:2}"; }
rm -rf .pytest_cache # or a part that ends without a word would be tried again with what failed some other day
(run browser 2>&1 | sed -u 's/^/browser: /') &
browser=$! failed=""
run others || failed="$failed others"
run cluster || failed="$failed cluster"
wait "$browser" || failed="$failed browser"
# what failed is tried once more alone, and must pass: a page may have waited too long for a machine that was busy with the others
for part in $failed; do
    echo "tests/run.sh: the tests of “$part” that failed, once more and alone" >&2
    run "$part" --last-failed
done
