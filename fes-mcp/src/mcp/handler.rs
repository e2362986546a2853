//! The MCP handler. A read runs; a change waits for a person, whoever calls and whatever is sent.

use std::net::SocketAddr;
use std::sync::Arc;

use axum::http::request;
use fes_agent::host::unknown_operation;
use fes_agent::runner::OnDisconnect;
use fes_agent::{Agent, Called, Options, Person, Session};
use rmcp::model::{
    CacheScope, CallToolRequestParams, CallToolResponse, CallToolResult,
    CancelledNotificationParam, CompleteRequestMethod, CompleteRequestParams, CompleteResult,
    Implementation, ListPromptsRequestMethod, ListPromptsResult,
    ListResourceTemplatesRequestMethod, ListResourceTemplatesResult, ListResourcesRequestMethod,
    ListResourcesResult, ListToolsResult, PaginatedRequestParams, ServerCapabilities, ServerConfig,
    Tool,
};
use rmcp::service::{NotificationContext, RequestContext, RoleServer};
use rmcp::{ErrorData, ServerHandler};
use serde_json::{Value, json};
use sisense_core::{Error, ErrorKind, Operation, Secret};
use tokio::sync::OnceCell;
use tokio_util::sync::CancellationToken;

use super::calls::{Call, Calls};
use super::door::{self, AgentDoor, Asked};
use super::progress::Reporter;
use super::{LONGEST_CALL, Toolbox, answer};
use crate::http::{Guard, OperatorCode, Pages, Parts, Site, router};

/// How long a client may keep the list of tools, in milliseconds: it changes only with the program.
const LIST_TTL_MS: u64 = 60 * 60 * 1000;
/// How many tools stand on one page. All of them, unless there are very many.
const PAGE: usize = 500;
/// Longest name of a client that is kept, in characters.
const LONGEST_NAME: usize = 60;

/// The header that names a session.
pub const SESSION_HEADER: &str = "mcp-session-id";

const INSTRUCTIONS: &str = "\
Tools of a Sisense deployment: users, groups, dashboards, data models. Reads answer at once. \
A tool that changes something answers first with a preview and a link: show the person both, and \
repeat exactly the same call once the person has approved. Never claim that a change is made \
before the answer says so. When an answer says that it is a part, say that too.";

/// The handler of one connection. Cheap to clone; clones share everything.
#[derive(Clone)]
pub struct Handler {
    inner: Arc<Inner>,
    connection: u64,
}

struct Inner {
    agent: Arc<Agent>,
    toolbox: Arc<Toolbox>,
    place: Serving,
    pages: ApprovalPages,
    calls: Calls,
}

/// What is served, how, and what becomes of a run whose client goes away.
#[derive(Clone)]
pub struct Serving {
    /// The deployment; the source where there is a target.
    pub deployment: String,
    /// The target of migrations.
    pub target: Option<String>,
    /// The transport's name.
    pub transport: &'static str,
    /// What becomes of a run whose client goes away.
    pub on_disconnect: OnDisconnect,
    /// Stops every run when the program is asked to stop.
    pub stop: CancellationToken,
    /// Where agents in processes of their own come in, if they are served.
    pub door: Option<Arc<AgentDoor>>,
}

impl Handler {
    /// Serve these tools there.
    pub fn new(
        agent: Arc<Agent>,
        toolbox: Arc<Toolbox>,
        place: Serving,
        pages: ApprovalPages,
    ) -> Self {
        let calls = Calls::default();
        let connection = calls.connection();
        Handler { inner: Arc::new(Inner { agent, toolbox, place, pages, calls }), connection }
    }

    /// The same for another connection.
    pub fn connection(&self) -> Self {
        Handler { inner: Arc::clone(&self.inner), connection: self.inner.calls.connection() }
    }

    /// A client has ended this session over HTTP: stop its calls, where that is the rule. The
    /// library tells its handlers only after it has waited some seconds for them.
    pub fn end_session(&self, session: &str) {
        if self.inner.place.on_disconnect == OnDisconnect::Stop {
            self.inner.calls.end_session(session);
        }
    }

    /// Who calls: the client by the name that it gives itself, and how it is connected. An approval
    /// is bound to both.
    fn session(&self, context: &RequestContext<RoleServer>) -> Session {
        let name = context.client_info().map_or_else(String::new, |client| client.name);
        let name: String = name.chars().filter(|c| !c.is_control()).take(LONGEST_NAME).collect();
        let name = if name.is_empty() { "an MCP client" } else { &name };
        let place = &self.inner.place;
        let transport = place.transport;
        let principal = format!("{name} over {transport}");
        let session = Session::new(transport, principal, &place.deployment);
        match &place.target {
            Some(target) => session.to(target),
            None => session,
        }
    }

    /// What stops a call: the program, when it is asked to stop, and, where that is the rule, a
    /// client that goes away. One that ends its session stops it by [`Handler::end_session`], and
    /// one that cancels by [`ServerHandler::on_cancelled`].
    fn stopped_by(&self, context: &RequestContext<RoleServer>) -> CancellationToken {
        let cancel = self.inner.place.stop.child_token();
        if self.inner.place.on_disconnect == OnDisconnect::Stop {
            let (asked, stop) = (context.ct.clone(), cancel.clone());
            tokio::spawn(async move {
                tokio::select! {
                    () = asked.cancelled() => stop.cancel(),
                    () = stop.cancelled() => {}
                }
            });
        }
        cancel
    }

    fn unknown_tool(&self, name: &str) -> ErrorData {
        let error = unknown_operation(self.inner.toolbox.operations(), name);
        let nearest: Vec<String> =
            error.candidates().iter().map(|id| id.replace('.', "_")).collect();
        let hint = match nearest.as_slice() {
            [] => "see tools/list".to_owned(),
            names => format!("did you mean {}?", names.join(" or ")),
        };
        ErrorData::invalid_params(
            format!("there is no tool of this name; {hint}"),
            Some(json!({ "nearest": nearest })),
        )
    }

    /// Do something that takes a while: its client is told how far it has come, and it ends with its
    /// client where that is the rule.
    async fn follow<T, F>(
        &self,
        context: &RequestContext<RoleServer>,
        work: impl FnOnce(Options) -> F,
    ) -> Result<T, Error>
    where
        F: Future<Output = Result<T, Error>>,
    {
        let reporter = context
            .meta
            .get_progress_token()
            .map(|token| Reporter::start(context.peer.clone(), token));
        let cancel = self.stopped_by(context);
        let under_way = self.inner.calls.begin(Call {
            connection: self.connection,
            id: context.id.clone(),
            session: session_over_http(context),
            stop: cancel.clone(),
        });
        // A task of its own either way: a run that is stopped still ends between two writes and is
        // kept with its end, also when nobody waits for the answer.
        let mut options =
            Options::default().cancel(cancel.clone()).on_disconnect(OnDisconnect::Continue);
        if let Some(reporter) = &reporter {
            options = options.progress(reporter.sink());
        }
        let call = work(options);
        tokio::pin!(call);
        let called = tokio::select! {
            called = &mut call => called,
            () = tokio::time::sleep(LONGEST_CALL) => match self.inner.place.on_disconnect {
                // Stops between two writes, never inside one; what is known then is told.
                OnDisconnect::Stop => {
                    cancel.cancel();
                    call.await
                }
                OnDisconnect::Continue => Err(Error::new(
                    ErrorKind::Timeout,
                    "this takes longer than a call may take; it goes on by itself",
                )
                .with_next_step("watch it: fes-mcp runs list, then fes-mcp runs watch ID")),
            },
        };
        drop(under_way);
        // Ends the task that waits for the client to go away.
        if self.inner.place.on_disconnect == OnDisconnect::Stop {
            cancel.cancel();
        }
        if let Some(reporter) = reporter {
            reporter.finish().await;
        }
        called
    }

    async fn call(
        &self,
        operation: &Operation,
        args: Value,
        context: RequestContext<RoleServer>,
    ) -> CallToolResult {
        let asked = match door::asked(&context.meta) {
            Ok(asked) => asked,
            Err(error) => return answer::failed(error.report()),
        };
        if let Some(asked) = asked {
            let answered = self.for_agent(operation, args, &context, asked).await;
            return answered.unwrap_or_else(|error| {
                answer::failed(error.with_operation(&operation.id).report())
            });
        }
        let (agent, session) = (&self.inner.agent, self.session(&context));
        let called = self
            .follow(&context, |options| agent.call(&session, &operation.id, args, options))
            .await;
        match called {
            Ok(Called::Done(step)) => answer::ran(&step, operation.effect.writes()),
            Ok(Called::Partly { step, fresh }) => {
                let link = self.inner.pages.link(&fresh.id).await;
                answer::left(&step, &fresh, link.as_deref())
            }
            Ok(Called::NeedsApproval(pending)) => {
                let link = self.inner.pages.link(&pending.id).await;
                answer::waits(&pending, link.as_deref(), None)
            }
            Ok(Called::Drifted { error, fresh }) => {
                let link = self.inner.pages.link(&fresh.id).await;
                answer::waits(&fresh, link.as_deref(), Some(&error))
            }
            Ok(Called::Denied(denial)) => answer::denied(&denial),
            Err(error) => answer::failed(error.with_operation(&operation.id).report()),
        }
    }

    /// What an agent in a process of its own asks for. What fails before anything is begun is an
    /// error; how a call with a grant ended is told in its answer.
    async fn for_agent(
        &self,
        operation: &Operation,
        args: Value,
        context: &RequestContext<RoleServer>,
        asked: Asked,
    ) -> Result<CallToolResult, Error> {
        let Some(door) = &self.inner.place.door else {
            return Err(Error::new(ErrorKind::Unsupported, "agents are not served here")
                .with_next_step("connect the agent to fes-mcp serve"));
        };
        let (agent, id) = (&self.inner.agent, &operation.id);
        let place = &self.inner.place;
        match asked {
            Asked::Look(look) => {
                let session = self.session(context);
                let looked = self
                    .follow(context, |options| {
                        agent.look_at(&session, id, args, look.earlier, options)
                    })
                    .await?;
                Ok(looked.map_or_else(|denial| answer::denied(&denial), |it| door::looked(&it)))
            }
            Asked::Make(signed) => {
                let (grant, slot) = door.take(*signed, id, &args)?;
                let session = door::session(&grant, &place.deployment, place.target.as_deref());
                let person = Person::new(&session.principal);
                let called = self
                    .follow(context, |options| {
                        agent.call_granted(&session, id, args, &grant.preview, &person, options)
                    })
                    .await;
                let answer = door::made(called);
                slot.send_replace(Some(Arc::new(answer.clone())));
                Ok(answer)
            }
            Asked::Outcome(id) => {
                let known = self.follow(context, |_| async { Ok(door.outcome(&id).await) }).await?;
                Ok(known.unwrap_or_else(door::nobody_knows))
            }
        }
    }
}

impl ServerHandler for Handler {
    fn get_info(&self) -> ServerConfig {
        let server = Implementation::new("fes-mcp", env!("CARGO_PKG_VERSION"))
            .with_title("Sisense")
            .with_description("Users, groups, dashboards and data models of a Sisense deployment");
        let mut capabilities = ServerCapabilities::builder().enable_tools().build();
        let place = &self.inner.place;
        capabilities.experimental = place
            .door
            .as_ref()
            .map(|door| door.capability(&place.deployment, place.target.as_deref()));
        ServerConfig::new(capabilities).with_server_info(server).with_instructions(INSTRUCTIONS)
    }

    async fn list_tools(
        &self,
        request: Option<PaginatedRequestParams>,
        _: RequestContext<RoleServer>,
    ) -> Result<ListToolsResult, ErrorData> {
        let tools = self.inner.toolbox.tools();
        let start = match request.and_then(|request| request.cursor) {
            None => 0,
            // A cursor is the name of the last tool of the page before.
            Some(cursor) => match tools.iter().position(|tool| tool.name == cursor.as_str()) {
                Some(last) => last + 1,
                None => {
                    return Err(ErrorData::invalid_params(
                        "the cursor is not one of this list",
                        None,
                    ));
                }
            },
        };
        let page: Vec<Tool> = tools[start..].iter().take(PAGE).cloned().collect();
        let more = start + page.len() < tools.len();
        let next = page.last().filter(|_| more).map(|tool| tool.name.to_string());
        let mut list = ListToolsResult::with_all_items(page)
            .with_ttl_ms(LIST_TTL_MS)
            .with_cache_scope(CacheScope::Private);
        list.next_cursor = next;
        Ok(list)
    }

    fn get_tool(&self, name: &str) -> Option<Tool> {
        self.inner.toolbox.tool(name).cloned()
    }

    async fn call_tool(
        &self,
        request: CallToolRequestParams,
        context: RequestContext<RoleServer>,
    ) -> Result<CallToolResponse, ErrorData> {
        let operation = self
            .inner
            .toolbox
            .find(&request.name)
            .ok_or_else(|| self.unknown_tool(&request.name))?;
        let args = Value::Object(request.arguments.unwrap_or_default());
        let started = std::time::Instant::now();
        let result = Box::pin(self.call(operation, args, context)).await;
        tracing::info!(
            tool = operation.id,
            error = result.is_error.unwrap_or(false),
            ms = u64::try_from(started.elapsed().as_millis()).unwrap_or(u64::MAX),
            "tools/call"
        );
        Ok(result.into())
    }

    async fn on_cancelled(
        &self,
        cancelled: CancelledNotificationParam,
        _: NotificationContext<RoleServer>,
    ) {
        if let Some(id) = cancelled.request_id {
            self.inner.calls.cancel(self.connection, &id);
        }
    }

    // What is not declared is not answered: the defaults would answer with empty lists.

    async fn list_prompts(
        &self,
        _: Option<PaginatedRequestParams>,
        _: RequestContext<RoleServer>,
    ) -> Result<ListPromptsResult, ErrorData> {
        Err(ErrorData::method_not_found::<ListPromptsRequestMethod>())
    }

    async fn list_resources(
        &self,
        _: Option<PaginatedRequestParams>,
        _: RequestContext<RoleServer>,
    ) -> Result<ListResourcesResult, ErrorData> {
        Err(ErrorData::method_not_found::<ListResourcesRequestMethod>())
    }

    async fn list_resource_templates(
        &self,
        _: Option<PaginatedRequestParams>,
        _: RequestContext<RoleServer>,
    ) -> Result<ListResourceTemplatesResult, ErrorData> {
        Err(ErrorData::method_not_found::<ListResourceTemplatesRequestMethod>())
    }

    async fn complete(
        &self,
        _: CompleteRequestParams,
        _: RequestContext<RoleServer>,
    ) -> Result<CompleteResult, ErrorData> {
        Err(ErrorData::method_not_found::<CompleteRequestMethod>())
    }
}

/// The session of a call over HTTP, when its client speaks a revision with sessions.
fn session_over_http(context: &RequestContext<RoleServer>) -> Option<String> {
    let parts = context.extensions.get::<request::Parts>()?;
    Some(parts.headers.get(SESSION_HEADER)?.to_str().ok()?.to_owned())
}

/// Where a person sees and decides what waits.
#[derive(Clone)]
pub struct ApprovalPages(Arc<Place>);

enum Place {
    /// Pages that are served already.
    At(String),
    /// Pages that start when the first change waits.
    WhenNeeded {
        agent: Arc<Agent>,
        address: SocketAddr,
        code: Option<Secret>,
        stop: CancellationToken,
        url: OnceCell<String>,
    },
}

impl ApprovalPages {
    /// Pages that are served already under this URL.
    pub fn at(url: String) -> Self {
        ApprovalPages(Arc::new(Place::At(url)))
    }

    /// Pages of this process on this loopback address, started by the first change that waits.
    pub fn when_needed(
        agent: Arc<Agent>,
        address: SocketAddr,
        code: Option<Secret>,
        stop: CancellationToken,
    ) -> Self {
        ApprovalPages(Arc::new(Place::WhenNeeded {
            agent,
            address,
            code,
            stop,
            url: OnceCell::new(),
        }))
    }

    /// The page of an approval; none when the pages cannot be served.
    async fn link(&self, id: &str) -> Option<String> {
        let base = match self.0.as_ref() {
            Place::At(url) => url,
            Place::WhenNeeded { agent, address, code, stop, url } => {
                let started = url
                    .get_or_try_init(|| start(agent.clone(), *address, code.clone(), stop.clone()))
                    .await;
                match started {
                    Ok(url) => url,
                    Err(error) => {
                        tracing::warn!(%error, "the approval page does not start");
                        return None;
                    }
                }
            }
        };
        Some(format!("{base}/approvals/{id}"))
    }
}

async fn start(
    agent: Arc<Agent>,
    address: SocketAddr,
    code: Option<Secret>,
    stop: CancellationToken,
) -> Result<String, Error> {
    let site = Site::bind(address).await.map_err(|failure| Error::from(*failure.report))?;
    let url = site.url();
    let guard = Arc::new(Guard::new(site.address(), &[], None));
    let pages =
        Pages::new(agent, guard.clone(), OperatorCode::new(code), true).map_err(|error| {
            Error::new(ErrorKind::Unexpected, "the system gives no random bytes").with_source(error)
        })?;
    let parts = Parts { guard, pages, mcp: None, agent: None, stop: stop.clone() };
    tokio::spawn(async move {
        if let Err(failure) = site.serve(router(parts), stop).await {
            tracing::warn!(error = %failure.report, "the approval page stopped");
        }
    });
    Ok(url)
}
