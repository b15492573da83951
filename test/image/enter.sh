#!/bin/sh
# Runs a command with another root, read-only as a pod's, without a way back: what a container runtime does.
#   enter.sh ROOT WORKDIR [bind SOURCE TARGET | tmpfs SIZE TARGET]... -- COMMAND...
# It wants mount and pid namespaces of its own, as their root (namespaces.ts makes them). Targets exist, or lie in ROOT.
set -eu
PATH=/usr/sbin:/usr/bin:/sbin:/bin
root=$1 workdir=$2
shift 2

# The flags of a mount that comes from outside cannot be dropped again in a user namespace, so all take the strictest.
read_only() { mount -o remount,bind,ro,nosuid,nodev "$1"; }

mount --bind "$root" "$root"
while [ "$1" != -- ]; do
  target=$root$3
  case $1 in
    bind)
      if [ -d "$2" ]; then mkdir -p "$target"; elif [ ! -e "$target" ]; then mkdir -p "${target%/*}" && : >"$target"; fi
      mount --rbind "$2" "$target"
      read_only "$target"
      ;;
    tmpfs)
      mkdir -p "$target"
      mount -t tmpfs -o "nosuid,nodev,mode=1777,size=$2" tmpfs "$target"
      ;;
  esac
  shift 3
done
shift

mkdir -p "$root/proc" "$root/dev"
mount -t proc -o nosuid,nodev,noexec proc "$root/proc"
mount -t tmpfs -o nosuid,mode=755,size=64k tmpfs "$root/dev"
for device in null zero full random urandom; do
  : >"$root/dev/$device"
  mount --bind "/dev/$device" "$root/dev/$device"
done
mount -o remount,bind,ro,nosuid "$root/dev"
read_only "$root"

cd "$root"
pivot_root . .
umount -l .
cd "$workdir"
exec "$@"
