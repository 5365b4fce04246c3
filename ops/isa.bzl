"""The one table of instruction sets, and the macro that compiles kernels for each of them."""

# From the most portable to the widest. -O2 and -ffp-contract=off hold in every configuration, debug and sanitizers too: without
# inlining, templates of the SIMD library become weak symbols that do not name their instruction set, and the linker merges them.
_COMMON = ["-O2", "-ffp-contract=off"]

# Per ISA: compiler flags, and the class names of which every weak symbol of such an object must contain one.
ISAS = {
    "baseline": struct(copts = [], tags = ["Baseline", "sse2"]),
    "avx2": struct(copts = ["-mavx2", "-mfma"], tags = ["Avx2", "fma3", "avx2"]),
    "avx512": struct(
        copts = ["-mavx512f", "-mavx512bw", "-mavx512dq", "-mavx512vl", "-mfma", "-mavx2"],
        tags = ["Avx512", "avx512bw"],
    ),
}

def isa_kernels(name, srcs_by_isa, hdrs = [], deps = [], visibility = None, **kwargs):
    """Compiles one kernel family for each instruction set.

    Makes a cc_library `<name>_<isa>` for each entry, `<name>` over all of them, and `<name>_nm_test`, which fails if an object
    has a weak symbol that does not name its instruction set. The sources use no standard containers, absl, SIMD globals or LTO.

    Args:
      name: the umbrella library; depend on this one.
      srcs_by_isa: {"baseline": "foo_baseline.cc", "avx2": ..., "avx512": ...}; a value may also be a list of files.
      hdrs: headers shared by the files of all instruction sets (the kernel body, the declarations).
      deps: libraries that the kernels include, header-only in effect (core/simd).
      visibility: of the umbrella library.
      **kwargs: handed on to every cc_library.
    """
    native.cc_library(
        name = name + "_hdrs",
        hdrs = hdrs,
        visibility = ["//visibility:private"],
        deps = deps,
        **kwargs
    )
    libs = []
    test_args = []
    for isa, srcs in srcs_by_isa.items():
        if isa not in ISAS:
            fail("%s: unknown ISA '%s', expected one of %s" % (name, isa, ", ".join(ISAS.keys())))
        lib = "%s_%s" % (name, isa)
        native.cc_library(
            name = lib,
            srcs = srcs if type(srcs) == type([]) else [srcs],
            copts = _COMMON + ISAS[isa].copts,
            linkstatic = True,
            visibility = ["//visibility:private"],
            deps = [":%s_hdrs" % name] + deps,
            **kwargs
        )
        libs.append(":" + lib)
        native.filegroup(
            name = lib + "_archive",
            srcs = [":" + lib],
            output_group = "archive",
            visibility = ["//visibility:private"],
        )
        test_args += ["--tags", ",".join(ISAS[isa].tags), "$(locations :%s_archive)" % lib]
    native.cc_library(
        name = name,
        visibility = visibility,
        deps = [":%s_hdrs" % name] + libs,
        **kwargs
    )
    native.sh_test(
        name = name + "_nm_test",
        size = "small",
        srcs = ["//tests/build:nm_check.sh"],
        args = test_args,
        data = [lib + "_archive" for lib in libs],
    )
