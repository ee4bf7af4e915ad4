#!/bin/sh
# Each folder stands only on those before it: reports an #include that looks upward, or
# sideways between the trainer and the RTL side.
set -eu
status=0
seen=
for folder in common synth multipliers model nas rtl_gen sim flows; do
    seen="$seen $folder"
    allowed=$seen
    case $folder in
    rtl_gen | sim) allowed=$(printf '%s' "$seen" | sed 's/ nas//') ;;
    esac
    pattern=$(printf '%s' "$allowed" | sed 's/^ //; s/ /|/g')
    bad=$(grep -nE '^#include "[a-z_]+/' "$folder"/*.[ch] 2>/dev/null |
        grep -vE "#include \"($pattern)/" || true)
    if [ -n "$bad" ]; then
        printf 'floors: %s may include only from:%s\n%s\n' "$folder" "$allowed" "$bad" >&2
        status=1
    fi
done
exit $status
