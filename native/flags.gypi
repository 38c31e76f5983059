{
  "target_defaults": {
    "defines": ["_GNU_SOURCE"],
    "cflags": ["-Wall", "-Wextra", "-fvisibility=hidden", "-ffunction-sections", "-fdata-sections"],
    "cflags_c": ["-std=c11"],
    "cflags_cc!": ["-std=gnu++14", "-std=gnu++17", "-std=gnu++20"],
    "cflags_cc": ["-std=c++17", "-fno-exceptions", "-fno-rtti"],
    "ldflags": ["-Wl,--gc-sections", "-Wl,-z,relro", "-Wl,-z,now"],
    "configurations": {
      "Release": { "cflags!": ["-O3"], "cflags": ["-O2"], "xcode_settings": { "GCC_OPTIMIZATION_LEVEL": "2" } }
    },
    "xcode_settings": {
      "CLANG_CXX_LANGUAGE_STANDARD": "c++17",
      "DEAD_CODE_STRIPPING": "YES",
      "GCC_C_LANGUAGE_STANDARD": "c11",
      "GCC_ENABLE_CPP_EXCEPTIONS": "NO",
      "GCC_ENABLE_CPP_RTTI": "NO",
      "GCC_GENERATE_DEBUGGING_SYMBOLS": "NO",
      "GCC_SYMBOLS_PRIVATE_EXTERN": "YES",
      "MACOSX_DEPLOYMENT_TARGET": "11.0",
      "OTHER_LDFLAGS": ["-Wl,-x"],
      "WARNING_CFLAGS": ["-Wall", "-Wextra"]
    }
  }
}
