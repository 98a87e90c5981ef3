//! `c2aya lsp`: the linter in an editor, by the language server protocol.
//!
//! It says what is wrong in files that are open, as they are in the editor; offers fixes, and
//! comments that allow; and shows for a probe's argument where it is read on each architecture.

mod actions;
mod hover;
mod position;
mod uri;

use std::{
    collections::{BTreeMap, BTreeSet},
    path::{Path, PathBuf},
    sync::Arc,
};

use anyhow::{Result, bail};
use lsp_server::{Connection, Message, Notification, Request, Response};
use lsp_types::{
    CodeActionKind, CodeActionOptions, CodeActionParams, CodeActionProviderCapability,
    DiagnosticRelatedInformation, DiagnosticSeverity, DidChangeTextDocumentParams,
    DidCloseTextDocumentParams, DidOpenTextDocumentParams, HoverParams, HoverProviderCapability,
    Location, NumberOrString, PublishDiagnosticsParams, SaveOptions, ServerCapabilities,
    ShowMessageParams, TextDocumentSyncCapability, TextDocumentSyncKind, TextDocumentSyncOptions,
    TextDocumentSyncSaveOptions, Uri,
};
use serde::{Serialize, de::DeserializeOwned};

use crate::{
    config::Config,
    diag::{Diagnostic, Severity},
    lint::{self, Finding, Job, Linted},
    source::{
        Cache,
        span::{SourceMap, Span},
    },
};

/// Serves one client until it says that it is done.
///
/// # Errors
///
/// The client breaks the protocol, or is gone.
pub fn serve(connection: &Connection) -> Result<()> {
    connection.initialize(serde_json::to_value(capabilities())?)?;
    let mut server = Server {
        connection,
        cache: Cache::default(),
        open: BTreeMap::new(),
        linted: BTreeMap::new(),
        stale: BTreeSet::new(),
    };
    while let Some(message) = server.next()? {
        match message {
            Message::Request(request) if request.method == "shutdown" => {
                let done = Response::new_ok(request.id, ());
                connection.sender.send(done.into())?;
                // Clients may be gone before they say so.
                while let Ok(message) = connection.receiver.recv() {
                    if matches!(message, Message::Notification(said) if said.method == "exit") {
                        break;
                    }
                }
                return Ok(());
            }
            Message::Request(request) => server.request(request)?,
            Message::Notification(said) if said.method == "exit" => break,
            Message::Notification(notification) => server.notification(notification)?,
            Message::Response(_) => {}
        }
    }
    bail!("the client is gone without a word")
}

fn capabilities() -> ServerCapabilities {
    ServerCapabilities {
        text_document_sync: Some(TextDocumentSyncCapability::Options(
            TextDocumentSyncOptions {
                open_close: Some(true),
                change: Some(TextDocumentSyncKind::FULL),
                save: Some(TextDocumentSyncSaveOptions::SaveOptions(
                    SaveOptions::default(),
                )),
                ..TextDocumentSyncOptions::default()
            },
        )),
        code_action_provider: Some(CodeActionProviderCapability::Options(CodeActionOptions {
            code_action_kinds: Some(vec![CodeActionKind::QUICKFIX]),
            ..CodeActionOptions::default()
        })),
        hover_provider: Some(HoverProviderCapability::Simple(true)),
        ..ServerCapabilities::default()
    }
}

struct Server<'a> {
    connection: &'a Connection,
    /// What is read once; open files are in it as the editor has them.
    cache: Cache,
    /// The texts of open files.
    open: BTreeMap<PathBuf, Arc<str>>,
    /// What was found last, by open file.
    linted: BTreeMap<PathBuf, Linted>,
    /// Open files that are to be linted again.
    stale: BTreeSet<PathBuf>,
}

impl Server<'_> {
    /// The next message; before waiting for one, what is stale is linted.
    fn next(&mut self) -> Result<Option<Message>> {
        if let Ok(message) = self.connection.receiver.try_recv() {
            return Ok(Some(message));
        }
        self.refresh()?;
        Ok(self.connection.receiver.recv().ok())
    }

    fn notification(&mut self, notification: Notification) -> Result<()> {
        match notification.method.as_str() {
            "textDocument/didOpen" => {
                let params: DidOpenTextDocumentParams = params(notification.params)?;
                self.set(&params.text_document.uri, &params.text_document.text);
            }
            "textDocument/didChange" => {
                let mut params: DidChangeTextDocumentParams = params(notification.params)?;
                if let Some(change) = params.content_changes.pop() {
                    self.set(&params.text_document.uri, &change.text);
                }
            }
            "textDocument/didClose" => {
                let params: DidCloseTextDocumentParams = params(notification.params)?;
                if let Some(path) = uri::to_path(&params.text_document.uri) {
                    self.open.remove(&path);
                    self.linted.remove(&path);
                    self.stale.remove(&path);
                    self.read_anew();
                    self.publish(&path, Vec::new())?;
                }
            }
            // Headers and configurations may have changed, too.
            "textDocument/didSave" | "workspace/didChangeWatchedFiles" => self.read_anew(),
            _ => {}
        }
        Ok(())
    }

    fn request(&mut self, request: Request) -> Result<()> {
        self.refresh()?;
        let Request { id, method, params } = request;
        let response = match method.as_str() {
            "textDocument/codeAction" => answer(params, |params| self.actions(&params)),
            "textDocument/hover" => answer(params, |params| self.hover(&params)),
            _ => Err((
                lsp_server::ErrorCode::MethodNotFound,
                format!("c2aya doesn't know {method}"),
            )),
        };
        let response = match response {
            Ok(value) => Response::new_ok(id, value),
            Err((code, why)) => Response::new_err(id, code as i32, why),
        };
        self.connection.sender.send(response.into())?;
        Ok(())
    }

    fn actions(&self, params: &CodeActionParams) -> Option<Vec<lsp_types::CodeActionOrCommand>> {
        let path = uri::to_path(&params.text_document.uri)?;
        let linted = self.linted.get(&path)?;
        Some(actions::of(linted, &path, params.range))
    }

    fn hover(&self, params: &HoverParams) -> Option<lsp_types::Hover> {
        let at = &params.text_document_position_params;
        let path = uri::to_path(&at.text_document.uri)?;
        let text = self.open.get(&path)?;
        let offset = position::offset(text, at.position)?;
        let job = job(&path).ok()?;
        lint::with_context(&job, &self.cache, |cx| hover::at(cx, offset))?
    }

    fn set(&mut self, uri: &Uri, text: &str) {
        let Some(path) = uri::to_path(uri) else {
            return;
        };
        let text: Arc<str> = Arc::from(text);
        self.cache.replace(&path, Arc::clone(&text));
        self.open.insert(path, text);
        // What includes it may differ as well.
        self.stale.extend(self.open.keys().cloned());
    }

    /// Forgets what was read from the disk.
    fn read_anew(&mut self) {
        self.cache = Cache::default();
        for (path, text) in &self.open {
            self.cache.replace(path, Arc::clone(text));
        }
        self.stale.extend(self.open.keys().cloned());
    }

    fn refresh(&mut self) -> Result<()> {
        for path in std::mem::take(&mut self.stale) {
            // A header has no meaning by itself.
            if path.extension().is_none_or(|extension| extension != "c") {
                continue;
            }
            let job = match job(&path) {
                Ok(job) => job,
                Err(error) => {
                    self.show(&format!("{error:#}"))?;
                    continue;
                }
            };
            let linted = lint::lint_file(&job, &self.cache);
            let diagnostics = diagnostics(&linted, &path);
            self.linted.insert(path.clone(), linted);
            self.publish(&path, diagnostics)?;
        }
        Ok(())
    }

    fn publish(&self, path: &Path, diagnostics: Vec<lsp_types::Diagnostic>) -> Result<()> {
        let Some(uri) = uri::of(path) else {
            return Ok(());
        };
        let params = PublishDiagnosticsParams {
            uri,
            diagnostics,
            version: None,
        };
        self.notify("textDocument/publishDiagnostics", params)
    }

    fn show(&self, message: &str) -> Result<()> {
        let params = ShowMessageParams {
            typ: lsp_types::MessageType::ERROR,
            message: format!("c2aya: {message}"),
        };
        self.notify("window/showMessage", params)
    }

    fn notify(&self, method: &str, params: impl Serialize) -> Result<()> {
        let notification = Notification {
            method: method.to_owned(),
            params: serde_json::to_value(params)?,
        };
        self.connection.sender.send(notification.into())?;
        Ok(())
    }
}

type Answer = Result<serde_json::Value, (lsp_server::ErrorCode, String)>;

fn answer<P: DeserializeOwned, R: Serialize>(
    params: serde_json::Value,
    find: impl FnOnce(P) -> R,
) -> Answer {
    let invalid =
        |error: serde_json::Error| (lsp_server::ErrorCode::InvalidParams, error.to_string());
    let params = serde_json::from_value(params).map_err(invalid)?;
    serde_json::to_value(find(params)).map_err(invalid)
}

fn params<P: DeserializeOwned>(params: serde_json::Value) -> Result<P> {
    Ok(serde_json::from_value(params)?)
}

/// A file with the settings that are found for it.
fn job(path: &Path) -> Result<Job> {
    let (settings, options) = match Config::of(path)? {
        Some(config) => config.for_file(path)?,
        None => Default::default(),
    };
    Ok(Job {
        path: path.to_owned(),
        options,
        settings: Arc::new(settings),
    })
}

/// What is wrong in the file itself; what is wrong in a header is said at the start of the file.
fn diagnostics(linted: &Linted, path: &Path) -> Vec<lsp_types::Diagnostic> {
    let findings = linted.findings.iter();
    findings
        .map(|finding| diagnostic(finding, linted, path))
        .collect()
}

fn diagnostic(finding: &Finding, linted: &Linted, path: &Path) -> lsp_types::Diagnostic {
    let files = &linted.files;
    let Diagnostic {
        code,
        severity,
        message,
        span,
        notes,
        help,
    } = &finding.diagnostic;
    let mut text = message.clone();
    if let Some(help) = help {
        text.push('\n');
        text.push_str(help);
    }
    let own = span.filter(|span| is_file(files, *span, path));
    let elsewhere = span.filter(|_| own.is_none()).map(|span| (span, message));
    let notes = notes
        .iter()
        .filter_map(|note| Some((note.span?, &note.message)));
    let related = notes.chain(elsewhere).filter_map(|(span, message)| {
        Some(DiagnosticRelatedInformation {
            location: Location {
                uri: uri::of(&files.get(span.file)?.path)?,
                range: position::range(files, span),
            },
            message: message.clone(),
        })
    });
    lsp_types::Diagnostic {
        range: own.map_or_else(Default::default, |span| position::range(files, span)),
        severity: Some(match severity {
            Severity::Note => DiagnosticSeverity::INFORMATION,
            Severity::Warning => DiagnosticSeverity::WARNING,
            Severity::Error => DiagnosticSeverity::ERROR,
        }),
        code: Some(NumberOrString::String(code.id.to_owned())),
        source: Some("c2aya".to_owned()),
        message: text,
        related_information: Some(related.collect()),
        ..lsp_types::Diagnostic::default()
    }
}

/// Whether a place lies in that file.
fn is_file(files: &SourceMap, span: Span, path: &Path) -> bool {
    files.get(span.file).is_some_and(|file| file.path == path)
}
