#!/bin/sh
# Writes ramp.mp4: two minutes that grow brighter evenly, half a second a picture, a picture that
# needs no other every five seconds, its index in front. The brightness of what is shown tells from
# where in the file it came. Needs ffmpeg (made with 5.1.9 of Debian 12; VP9, which every Chromium
# plays).
#
# Run: sh test/vectors/video/make.sh
set -eu
cd "$(dirname "$0")"
ffmpeg -v error -y -f lavfi -i "color=black:s=64x36:r=2:d=120,geq=lum='16+N*0.9':cb=128:cr=128" \
  -c:v libvpx-vp9 -pix_fmt yuv420p -b:v 0 -crf 20 -g 10 -keyint_min 10 -lag-in-frames 0 -auto-alt-ref 0 \
  -threads 1 -row-mt 0 -fflags +bitexact -flags:v +bitexact -map_metadata -1 -movflags +faststart ramp.mp4
