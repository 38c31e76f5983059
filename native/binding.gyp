# What is built of the package: the addon and the two programs, by `node-gyp rebuild --directory native`. It lies here since
# npm would build each package that has it in its own folder; the repository's, which adds what only it needs, takes this one in.
{
  "includes": ["flags.gypi"],
  "target_defaults": { "include_dirs": ["poller", "http", "servers"] },
  "targets": [
    {
      "target_name": "bsd_sockets",
      "defines": ["NAPI_VERSION=8"],
      "libraries": ["-lpthread", "-ldl", "-lm"],
      # Node takes an addon away with the last worker that loaded it, even if a handler or a thread's data still points into it.
      "ldflags": ["-Wl,-z,nodelete", "-Wl,--version-script=<!(pwd)/addon/exports.map"],
      "sources": ["<!@(ls addon/*.cc poller/*.c http/*.c)"]
    },
    {
      "target_name": "echo",
      "type": "executable",
      "libraries": ["-lpthread"],
      "sources": ["<!@(ls servers/*.c servers/loops/*.c servers/echo/*.c poller/*.c)"]
    },
    {
      "target_name": "http",
      "type": "executable",
      "libraries": ["-lpthread"],
      "sources": ["<!@(ls servers/*.c servers/loops/*.c servers/http/*.c poller/*.c http/*.c)"]
    }
  ]
}
