#!/bin/bash
# acl_cluster.sh: acl.sh with a Redis Cluster.
exec bash "$(dirname "$0")/acl.sh" cluster
