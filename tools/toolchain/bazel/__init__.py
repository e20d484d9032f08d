"""What `bazelw` needs beyond bash: which Bazel, from where, with which modules.

Entry: choose.py. The packages of Debian's Bazel are locked in ../bazel.lock.json.
"""
