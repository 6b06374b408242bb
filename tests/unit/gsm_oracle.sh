#!/bin/bash
# Prints what ICU's converter says of GSM 03.38: one line "code septets" (both hexadecimal) for every
# character of the Basic Multilingual Plane that it can encode. The result is checked in beside this
# script as gsm_oracle.txt; test_gsm compares the two where uconv (icu-devtools) is installed.
#
#     tests/unit/gsm_oracle.sh > tests/unit/gsm_oracle.txt
set -eu -o pipefail

# Each character stands between two letters A, so that nothing that ICU leaves out silently (default
# ignorable characters) can shift the lines. U+001B is no character of the alphabet but its escape.
perl -e 'no warnings "nonchar"; binmode STDOUT, ":utf8";
         for my $c (1 .. 0xffff) {
             print chr 0x41, chr $c, chr 0x41 unless $c >= 0xd800 && $c <= 0xdfff || $c == 0x1b;
         }' |
    uconv -f utf-8 -t gsm-03.38-2009 --to-callback skip |
    perl -e 'binmode STDIN; local $/; my $all = <STDIN>; my $at = 0;
             for my $c (1 .. 0xffff) {
                 next if $c >= 0xd800 && $c <= 0xdfff || $c == 0x1b;
                 my $septets = "";
                 $at++; # the first A
                 if ($c == 0x41) { $septets = substr $all, $at++, 1; }
                 else { $septets .= substr $all, $at++, 1 while substr($all, $at, 1) ne "A"; }
                 $at++; # the second A
                 printf "%04x %s\n", $c, unpack "H*", $septets if $septets ne "";
             }'
