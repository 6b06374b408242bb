# shellcheck shell=bash
# coverage.sh: `./run coverage [REGEX]`: which lines of gateway/ the tests of ctest run (whose names match
# REGEX), folder by folder. Build and counts are in build-coverage; lines/*#FOLDER#FILE.c.gcov there
# shows a file, with ##### before a line that nothing ran. What a process counted is lost when a signal or
# abort() ends it.

# coverage_sum: what gcov says of each file, as a line for each folder, and then the files with most
# lines that nothing ran.
coverage_sum()
{
    awk '
        /^File / { file = $2; gsub("\x27", "", file); sub(".*gateway/", "", file) }
        /^Lines executed/ && file ~ /\.c$/ {
            split($0, part, /[:% ]/); n = $NF; ran = int(part[3] * n / 100 + 0.5)
            folder = file; sub("/.*", "", folder)
            all[folder] += n; hit[folder] += ran; left[file] = n - ran
        }
        /^Lines executed/ { file = "" }
        END {
            for (folder in all) printf "%-8s %6d of %6d lines  %5.1f %%\n", folder, hit[folder], all[folder], 100 * hit[folder] / all[folder] | "sort"
            close("sort")
            for (file in left) if (left[file] > 0) printf "%6d not run  gateway/%s\n", left[file], file | "sort -rn | head -n 30"
        }'
}

coverage_main()
{
    local dir="$ROOT/build-coverage"
    build_preset coverage
    find "$dir" -name '*.gcda' -delete
    ctest --test-dir "$dir" -j2 ${1:+-R "$1"} >"$dir/ctest.log" || say "some tests failed: $dir/ctest.log"
    rm -rf "$dir/lines"
    mkdir "$dir/lines"
    (cd "$dir/lines" && find "$dir/CMakeFiles" -path '*/gateway/*.gcno' -exec gcov -p -r -s "$ROOT" {} + 2>/dev/null) | coverage_sum
}
