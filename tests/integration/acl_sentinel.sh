#!/bin/bash
# acl_sentinel.sh: acl.sh with Sentinels.
exec bash "$(dirname "$0")/acl.sh" sentinel
