#!/usr/bin/env bash
# Installs Chromium for the report's browser test where it is missing, the system has apt and the user is root.
# Otherwise it says so and succeeds: the test skips with the same words.
set -u
for name in chromium chromium-browser google-chrome; do
  command -v "$name" > /dev/null && exit 0
done
if [ "$(id -u)" -ne 0 ] || ! command -v apt-get > /dev/null; then
  echo "No Chromium: the report's browser test is skipped. Install it with: sudo apt-get install chromium"
  exit 0
fi
echo "Installing Chromium for the report's browser test ..."
export DEBIAN_FRONTEND=noninteractive
if ! { apt-get update -qq && apt-get install -y -qq --no-install-recommends chromium; } > /dev/null 2>&1; then
  echo "Chromium could not be installed: the report's browser test is skipped."
fi
exit 0
