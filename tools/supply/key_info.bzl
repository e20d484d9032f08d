"""The key that signs, as a target."""

SigningKeyInfo = provider(
    doc = "A private key for cosign.",
    fields = {
        "network": "Whether signing has to reach a key-management service.",
        "private": "A file: the private key, or the address of one.",
    },
)

def _signing_key_impl(ctx):
    return [SigningKeyInfo(network = ctx.attr.network, private = ctx.file.private)]

signing_key_file = rule(
    implementation = _signing_key_impl,
    doc = "A private key: `*.key` is one, `*.address` holds what cosign calls it.",
    attrs = {
        "network": attr.bool(doc = "Signing has to reach a key-management service."),
        "private": attr.label(allow_single_file = [".key", ".address"], mandatory = True),
    },
)
