# What is built of the package, from native/binding.gyp, and for the benchmarks.
{
  "includes": ["native/flags.gypi"],
  "targets": [
    { "target_name": "package", "type": "none", "dependencies": ["native/binding.gyp:*"] },
    {
      "target_name": "calls",
      "type": "executable",
      "libraries": ["-lpthread"],
      "sources": ["<!@(ls benchmarks/calls/*.c)"]
    }
  ],
  "conditions": [
    [
      "OS=='linux'",
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
