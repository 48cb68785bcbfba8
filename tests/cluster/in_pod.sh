# Runs a command in a mount namespace of its own that has a service account: the files of the folder
# in the first argument.
set -e
folder=$1
shift
mount -t tmpfs none /run
mkdir -p /run/secrets/kubernetes.io/serviceaccount
mount --bind "$folder" /run/secrets/kubernetes.io/serviceaccount
exec "$@"
