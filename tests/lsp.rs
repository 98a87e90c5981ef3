//! The language server, driven by a client over pipes as an editor does.

use std::{
    fs,
    io::{BufReader, Write as _},
    process::{Child, ChildStdin, ChildStdout, Command, Stdio},
};

use lsp_server::{Message, Notification, Request, RequestId, Response};
use serde_json::{Value, json};

const TEXT: &str = "\
#include \"vmlinux.h\"
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>

char last[16];

SEC(\"ksyscall/unlink\")
int BPF_KPROBE_SYSCALL(unlink_enter, const char *path)
{
\tbpf_probe_read_user_str(last, sizeof(last), path);
\treturn 0;
}

char LICENSE[] SEC(\"license\") = \"GPL\";
";

struct Client {
    child: Child,
    input: ChildStdin,
    output: BufReader<ChildStdout>,
    folder: tempfile::TempDir,
    requests: i32,
    diagnostics: Vec<Value>,
}

impl Client {
    fn start(files: &[(&str, &str)]) -> Self {
        let folder = tempfile::tempdir().unwrap();
        // Whatever other rules there are.
        let config = ("c2aya.toml", "lint.select = [\"lint\", \"L0703\"]\n");
        for (name, text) in files.iter().chain([&config]) {
            fs::write(folder.path().join(name), text).unwrap();
        }
        let mut child = Command::new(env!("CARGO_BIN_EXE_c2aya"))
            .args(["lsp", "--stdio"])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut client = Self {
            input: child.stdin.take().unwrap(),
            output: BufReader::new(child.stdout.take().unwrap()),
            child,
            folder,
            requests: 0,
            diagnostics: Vec::new(),
        };
        let answer = client.request("initialize", json!({ "capabilities": {} }));
        assert_eq!(answer["capabilities"]["hoverProvider"], true);
        client.notify("initialized", json!({}));
        client
    }

    fn uri(&self, name: &str) -> String {
        format!("file://{}", self.folder.path().join(name).display())
    }

    fn notify(&mut self, method: &str, params: Value) {
        let notification = Notification::new(method.to_owned(), params);
        Message::from(notification).write(&mut self.input).unwrap();
        self.input.flush().unwrap();
    }

    fn request(&mut self, method: &str, params: Value) -> Value {
        self.try_request(method, params).response_result.unwrap()
    }

    fn try_request(&mut self, method: &str, params: Value) -> Response {
        self.requests += 1;
        let id = RequestId::from(self.requests);
        let request = Request::new(id.clone(), method.to_owned(), params);
        Message::from(request).write(&mut self.input).unwrap();
        self.input.flush().unwrap();
        loop {
            match self.receive() {
                Message::Response(response) => {
                    assert_eq!(response.id, id);
                    return response;
                }
                Message::Notification(notification) => self.diagnostics.push(notification.params),
                Message::Request(request) => panic!("{request:?}"),
            }
        }
    }

    fn receive(&mut self) -> Message {
        Message::read(&mut self.output).unwrap().unwrap()
    }

    /// The next diagnostics, as `line:column code`.
    #[track_caller]
    fn check(&mut self, name: &str, expected: &[&str]) {
        let params = if self.diagnostics.is_empty() {
            match self.receive() {
                Message::Notification(notification) => notification.params,
                other => panic!("{other:?}"),
            }
        } else {
            self.diagnostics.remove(0)
        };
        assert_eq!(params["uri"], self.uri(name), "{params}");
        let found: Vec<_> = params["diagnostics"]
            .as_array()
            .unwrap()
            .iter()
            .map(|found| {
                let start = &found["range"]["start"];
                let code = found["code"].as_str().unwrap();
                format!("{}:{} {code}", start["line"], start["character"])
            })
            .collect();
        assert_eq!(found, expected, "{params}");
    }

    fn open(&mut self, name: &str, text: &str) {
        let document =
            json!({ "uri": self.uri(name), "languageId": "c", "version": 1, "text": text });
        self.notify("textDocument/didOpen", json!({ "textDocument": document }));
    }

    fn change(&mut self, name: &str, text: &str) {
        let params = json!({
            "textDocument": { "uri": self.uri(name), "version": 2 },
            "contentChanges": [{ "text": text }],
        });
        self.notify("textDocument/didChange", params);
    }

    fn stop(mut self) {
        self.request("shutdown", Value::Null);
        self.notify("exit", Value::Null);
        assert!(self.child.wait().unwrap().success());
    }
}

/// The text after the edits of a code action.
fn apply(text: &str, edits: &Value) -> String {
    let offset = |position: &Value| {
        let number = |name: &str| usize::try_from(position[name].as_u64().unwrap()).unwrap();
        let lines = text.split_inclusive('\n').take(number("line"));
        lines.map(str::len).sum::<usize>() + number("character")
    };
    let mut edits: Vec<_> = edits.as_array().unwrap().iter().collect();
    edits.sort_by_key(|edit| std::cmp::Reverse(offset(&edit["range"]["start"])));
    let mut done = text.to_owned();
    for edit in edits {
        let range = offset(&edit["range"]["start"])..offset(&edit["range"]["end"]);
        done.replace_range(range, edit["newText"].as_str().unwrap());
    }
    done
}

#[test]
fn diagnostics_follow_what_is_typed() {
    let mut client = Client::start(&[("a.bpf.c", "")]);
    client.open("a.bpf.c", TEXT);
    client.check("a.bpf.c", &["7:4 L0703"]);
    client.change("a.bpf.c", &TEXT.replace("_KPROBE_SYSCALL", "_KSYSCALL"));
    client.check("a.bpf.c", &[]);
    // Columns are those of UTF-16.
    client.change(
        "a.bpf.c",
        &TEXT.replace("\nint BPF", "\n/* \u{1f41d}\u{e9} */ int BPF"),
    );
    client.check("a.bpf.c", &["7:14 L0703"]);
    client.change("a.bpf.c", &TEXT.replace("return 0;", "return 0"));
    let params = json!({ "textDocument": { "uri": client.uri("a.bpf.c") } });
    client.notify("textDocument/didClose", params);
    client.stop();
}

#[test]
fn a_header_and_the_configuration_count() {
    let mut client = Client::start(&[("a.bpf.c", ""), ("shared.h", "#define ZERO 0\n")]);
    let text = TEXT
        .replace("char last", "#include \"shared.h\"\nchar last")
        .replace("return 0;", "return ZERO;");
    client.open("a.bpf.c", &text);
    client.check("a.bpf.c", &["8:4 L0703"]);
    client.open("shared.h", "#define ZERO nowhere\n");
    // What is wrong in a header is said at the start of the file, with its place.
    client.check("a.bpf.c", &["8:4 L0703", "0:0 E0201"]);
    client.change("shared.h", "#define ZERO 0\n");
    client.check("a.bpf.c", &["8:4 L0703"]);
    let config = client.folder.path().join("c2aya.toml");
    fs::write(
        config,
        "lint.select = [\"memory\"]\nlint.ignore = [\"all\"]\n",
    )
    .unwrap();
    let params = json!({ "textDocument": { "uri": client.uri("a.bpf.c") } });
    client.notify("textDocument/didSave", params);
    client.check("a.bpf.c", &[]);
    client.stop();
}

#[test]
fn actions_fix_and_allow() {
    let mut client = Client::start(&[("a.bpf.c", "")]);
    client.open("a.bpf.c", TEXT);
    client.check("a.bpf.c", &["7:4 L0703"]);
    let actions_at = |client: &mut Client, line: u32, character: u32| {
        let at = json!({ "line": line, "character": character });
        let params = json!({
            "textDocument": { "uri": client.uri("a.bpf.c") },
            "range": { "start": at, "end": at },
            "context": { "diagnostics": [] },
        });
        client.request("textDocument/codeAction", params)
    };
    assert_eq!(actions_at(&mut client, 3, 0), json!([]));
    let actions = actions_at(&mut client, 7, 6);
    assert_eq!(actions[0]["title"], "use `BPF_KSYSCALL`");
    assert_eq!(actions[0]["isPreferred"], true);
    let uri = client.uri("a.bpf.c");
    let fixed = apply(TEXT, &actions[0]["edit"]["changes"][&uri]);
    assert_eq!(fixed, TEXT.replace("_KPROBE_SYSCALL", "_KSYSCALL"));
    let allowed = apply(TEXT, &actions[1]["edit"]["changes"][&uri]);
    client.change("a.bpf.c", &allowed);
    client.check("a.bpf.c", &[]);
    client.stop();
}

#[test]
fn hover_tells_where_an_argument_is_read() {
    let mut client = Client::start(&[("a.bpf.c", "")]);
    let text = TEXT.replace("const char *path", "int a, int b, int c, const char *path");
    client.open("a.bpf.c", &text);
    let hover = |client: &mut Client, line: u32, character: u32| {
        let params = json!({
            "textDocument": { "uri": client.uri("a.bpf.c") },
            "position": { "line": line, "character": character },
        });
        client.request("textDocument/hover", params)
    };
    // In the body, behind the last letter.
    let found = hover(&mut client, 9, 49);
    let said = found["contents"]["value"].as_str().unwrap();
    assert!(
        said.starts_with("`path`: argument 4 of the system call\n"),
        "{said}"
    );
    for row in [
        "| x86_64 | `((struct pt_regs *)ctx->di)->r10`, __x64_sys_* since 4.17 | `ctx->r10` |\n",
        "| arm | has none | `ctx->uregs[3]` |\n",
    ] {
        assert!(said.contains(row), "{said}");
    }
    assert_eq!(
        found["range"]["start"],
        json!({ "line": 9, "character": 45 })
    );
    assert_eq!(hover(&mut client, 4, 6), Value::Null);
    client.stop();
}

#[test]
fn unknown_requests_are_answered() {
    let mut client = Client::start(&[]);
    let answer = client.try_request("textDocument/rename", json!({}));
    assert_eq!(answer.response_result.unwrap_err().code, -32601);
    let answer = client.try_request("textDocument/hover", json!({ "position": 1 }));
    assert_eq!(answer.response_result.unwrap_err().code, -32602);
    client.stop();
}
