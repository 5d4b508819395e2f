#!/bin/sh
# Stands before gpg in the PATH: writes down what anybody on the machine can see of this process
# (its arguments, its environment, the files that it was given), then becomes the real gpg.
seen="$SPY_FOLDER/$$"
tr '\0' '\n' <"/proc/$$/cmdline" >"$seen.arguments"
tr '\0' '\n' <"/proc/$$/environ" >"$seen.environment"
for file in "/proc/$$/fd/"*; do readlink "$file"; done >"$seen.files"
tr '\0' '\n' <"/proc/$PPID/cmdline" >"$seen.parent-arguments"
tr '\0' '\n' <"/proc/$PPID/environ" >"$seen.parent-environment"
for file in "/proc/$PPID/fd/"*; do readlink "$file"; done >"$seen.parent-files"
grep 'Max core file size' "/proc/$PPID/limits" >"$seen.parent-limits"
exec "$SPY_GPG" "$@"
