"""Healthy stdio servers without an SDK, in other languages."""

from tests.lab import Lab, healthy


@healthy()
def perl(lab: Lab):
    return lab.stdio(
        "perl",
        lab.write(
            "server.pl",
            r"""
use JSON::PP; $| = 1;
while (my $line = <STDIN>) {
    my $m = decode_json($line); next unless exists $m->{id};
    my $r = $m->{method} eq "initialize" ? { protocolVersion => "2025-06-18", capabilities => { tools => {} },
              serverInfo => { name => "perl", version => "1" } }
          : $m->{method} eq "tools/list" ? { tools => [ { name => "a", inputSchema => { type => "object" } } ] } : {};
    print encode_json({ jsonrpc => "2.0", id => $m->{id}, result => $r }), "\n";
}
""",
        ),
    )


@healthy()
def bash_and_printf(lab: Lab):
    return lab.stdio(
        "bash",
        lab.write(
            "server.sh",
            r"""
while read -r line; do
  id=$(sed -n 's/.*"id":\([0-9]*\).*/\1/p' <<<"$line")
  case "$line" in
    *'"initialize"'*) printf '{"jsonrpc":"2.0","id":%s,"result":{"protocolVersion":"2025-06-18","capabilities":{"tools":{}},"serverInfo":{"name":"b","version":"1"}}}\n' "$id" ;;
    *'"tools/list"'*) printf '{"jsonrpc":"2.0","id":%s,"result":{"tools":[{"name":"a","inputSchema":{"type":"object","properties":{}}}]}}\n' "$id" ;;
  esac
done
""",
        ),
    )
