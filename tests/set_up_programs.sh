#!/usr/bin/env bash
# Installs what some tests drive and Python's packages do not hold: Chromium for the report, the program of MariaDB (no
# service is started) for the sql source. Only where one is missing, the system has apt and the user is root. Otherwise
# it says so and succeeds: the tests skip with the same words.
set -u
export PATH="$PATH:/usr/sbin" DEBIAN_FRONTEND=noninteractive

need() {
  local package=$1 tests=$2
  shift 2
  local name
  for name in "$@"; do
    command -v "$name" > /dev/null && return
  done
  if [ "$(id -u)" -ne 0 ] || ! command -v apt-get > /dev/null; then
    echo "No $1: $tests are skipped. Install it with: sudo apt-get install $package"
    return
  fi
  echo "Installing $1 for $tests ..."
  if ! { apt-get update -qq && apt-get install -y -qq --no-install-recommends "$package"; } > /dev/null 2>&1; then
    echo "$1 could not be installed: $tests are skipped."
  fi
}

need chromium "the report's browser tests" chromium chromium-browser google-chrome
need mariadb-server-core "the sql source's tests on MariaDB" mariadbd
exit 0
