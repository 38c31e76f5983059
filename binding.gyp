{
  "variables": {
    "has_benchmarks": "<!(test -d benchmarks && echo 1 || echo 0)" # the package is without
  },
  "target_defaults": {
    "include_dirs": ["native/poller", "native/http"],
    "defines": ["_GNU_SOURCE", "NAPI_VERSION=8", "NAPI_DISABLE_CPP_EXCEPTIONS", "NODE_API_SWALLOW_UNTHROWABLE_EXCEPTIONS"],
    "cflags": ["-Wall", "-Wextra", "-fvisibility=hidden"],
    "cflags_c": ["-std=c11"],
    "cflags_cc!": ["-std=gnu++14", "-std=gnu++17", "-std=gnu++20"],
    "cflags_cc": ["-std=c++17"],
    "xcode_settings": {
      "CLANG_CXX_LANGUAGE_STANDARD": "c++17",
      "GCC_C_LANGUAGE_STANDARD": "c11",
      "GCC_SYMBOLS_PRIVATE_EXTERN": "YES",
      "MACOSX_DEPLOYMENT_TARGET": "11.0",
      "WARNING_CFLAGS": ["-Wall", "-Wextra"]
    }
  },
  "targets": [
    {
      "target_name": "bsd_sockets",
      "libraries": ["-lpthread", "-ldl"],
      "include_dirs": ["<!(node -p \"require('node-addon-api').include_dir\")"],
      "sources": ["<!@(ls native/addon/*.cc native/poller/*.c native/http/*.c)"]
    },
    {
      "target_name": "echo",
      "type": "executable",
      "libraries": ["-lpthread"],
      "sources": ["<!@(ls native/servers/*.c native/poller/*.c | grep -v servers/http)"]
    },
    {
      "target_name": "http",
      "type": "executable",
      "libraries": ["-lpthread"],
      "sources": ["<!@(ls native/servers/*.c native/poller/*.c native/http/*.c | grep -v servers/echo)"]
    }
  ],
  "conditions": [
    [
      "has_benchmarks==1",
      {
        "targets": [
          {
            "target_name": "calls",
            "type": "executable",
            "libraries": ["-lpthread"],
            "sources": ["<!@(ls benchmarks/calls/*.c)"]
          }
        ]
      }
    ],
    [
      "has_benchmarks==1 and OS=='linux'",
      {
        "targets": [
          {
            "target_name": "load",
            "type": "executable",
            "sources": ["<!@(ls benchmarks/load/*.c)"]
          }
        ]
      }
    ]
  ]
}
