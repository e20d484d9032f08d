#!/bin/sh
# Tells a stamped build which commit it is made from, for its provenance:
#     bazelw build --stamp --workspace_status_command=tools/supply/status.sh //...
# A checkout with changes is no commit, so it tells none.
set -eu
if [ -z "$(git status --porcelain)" ]; then
    echo "STABLE_GIT_COMMIT $(git rev-parse HEAD)"
fi
