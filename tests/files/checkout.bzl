"""Compiles a source as another checkout of this repository would: the same files, under another path of the machine."""

load("@bazel_tools//tools/cpp:toolchain_utils.bzl", "find_cpp_toolchain")
load("@bazel_tools//tools/build_defs/cc:action_names.bzl", "CPP_COMPILE_ACTION_NAME")

# Makes the checkout $1 beside the one that Bazel works in, of links to it, and compiles there. $2: the source, which is given to the
# compiler by its path within the checkout if $3 is "relative", else by its full path.
_COMPILE = """
set -e
root="$PWD"; checkout="$root/$1"; source="$2"; given="$2"
[ "$3" = relative ] || given="$checkout/$2"
shift 3
mkdir -p "$checkout"
for entry in "$root"/*; do [ "$checkout" = "$entry" ] || [ "${checkout#"$entry"/}" != "$checkout" ] || ln -s "$entry" "$checkout/"; done
cd "$checkout"
compiler="$1"; shift
case "$compiler" in */*) [ -e "$compiler" ] || compiler="$root/$compiler" ;; esac
for arg; do
  shift
  [ "$arg" != "$source" ] || arg="$given"
  set -- "$@" "$arg"
done
"$compiler" "$@"
"""

def _impl(ctx):
    cc_toolchain = find_cpp_toolchain(ctx)
    features = cc_common.configure_features(
        ctx = ctx,
        cc_toolchain = cc_toolchain,
        requested_features = ctx.features,
        unsupported_features = ctx.disabled_features,
    )
    context = cc_common.merge_cc_infos(cc_infos = [dep[CcInfo] for dep in ctx.attr.deps]).compilation_context
    source = ctx.file.src
    out = ctx.actions.declare_file(ctx.label.name + ".o")
    variables = cc_common.create_compile_variables(
        cc_toolchain = cc_toolchain,
        feature_configuration = features,
        source_file = source.path,
        output_file = out.path,
        user_compile_flags = ctx.fragments.cpp.copts + ctx.fragments.cpp.cxxopts + ctx.attr.copts,
        include_directories = context.includes,
        quote_include_directories = context.quote_includes,
        system_include_directories = context.system_includes,
        preprocessor_defines = context.defines,
    )
    ctx.actions.run_shell(
        inputs = depset([source], transitive = [context.headers, cc_toolchain.all_files]),
        outputs = [out],
        command = _COMPILE,
        arguments = [
            ctx.attr.checkout,
            source.path,
            "full" if ctx.attr.full_path else "relative",
            cc_common.get_tool_for_action(feature_configuration = features, action_name = CPP_COMPILE_ACTION_NAME),
        ] + cc_common.get_memory_inefficient_command_line(
            feature_configuration = features,
            action_name = CPP_COMPILE_ACTION_NAME,
            variables = variables,
        ),
        env = cc_common.get_environment_variables(
            feature_configuration = features,
            action_name = CPP_COMPILE_ACTION_NAME,
            variables = variables,
        ),
        mnemonic = "CompileElsewhere",
        progress_message = "Compiling %s in %s" % (source.short_path, ctx.attr.checkout),
    )
    return [DefaultInfo(files = depset([out]))]

object_of_checkout = rule(
    implementation = _impl,
    doc = "An object file, for the srcs of a cc_test.",
    attrs = {
        "src": attr.label(allow_single_file = [".cc"], mandatory = True),
        "deps": attr.label_list(providers = [CcInfo]),
        "copts": attr.string_list(),
        "checkout": attr.string(mandatory = True, doc = "The folder of the checkout; it is made below the one that Bazel works in."),
        "full_path": attr.bool(doc = "The compiler is told the source's full path, not its path within the checkout."),
        "_cc_toolchain": attr.label(default = "@bazel_tools//tools/cpp:current_cc_toolchain"),
    },
    fragments = ["cpp"],
    toolchains = ["@bazel_tools//tools/cpp:toolchain_type"],
)
