//! `fes-mcp stdio`: MCP for a client that starts this program. Stdout belongs to the protocol.

use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;

use clap::Args;
use fes_agent::runner::OnDisconnect;
use rmcp::ServiceExt;

use super::room::Room;
use super::serve::{ApprovalArgs, DisconnectArgs};
use super::{Cli, Exit, Failure};
use crate::mcp::{ApprovalPages, Handler, Toolbox};

/// Options of `stdio`.
#[derive(Debug, Args)]
#[command(after_help = "\
A change is answered with a link to a page of this process on 127.0.0.1, where a person sees it
and approves it. `fes-mcp approvals approve ID` in a terminal does the same.

Example of a client's configuration:
  {\"mcpServers\": {\"sisense\": {
    \"command\": \"/usr/local/bin/fes-mcp\", \"args\": [\"stdio\"],
    \"env\": {\"SISENSE_URL\": \"https://bi.example.com\", \"SISENSE_TOKEN\": \"…\"}}}}")]
pub struct StdioArgs {
    /// Port of the approval page on 127.0.0.1; 0 takes any free one
    #[arg(long, value_name = "N", default_value_t = 0)]
    pub approval_port: u16,

    #[command(flatten)]
    pub approval: ApprovalArgs,

    #[command(flatten)]
    pub disconnect: DisconnectArgs,
}

/// Serve until the client goes away or the program is asked to stop.
pub async fn run(cli: &Cli, args: &StdioArgs) -> Result<Exit, Failure> {
    let code = args.approval.code()?;
    let room = Room::open(cli).await?;
    let stop = room.stop.clone();
    let toolbox = Arc::new(Toolbox::new(room.operations()));
    let address = SocketAddr::from((Ipv4Addr::LOCALHOST, args.approval_port));
    let pages = ApprovalPages::when_needed(room.agent.clone(), address, code, stop.clone());
    let rule = args.disconnect.rule();
    let handler = Handler::new(room.agent.clone(), toolbox, room.serving("stdio", rule), pages);
    let serving = async {
        let service = handler
            .serve_with_ct(rmcp::transport::stdio(), stop.clone())
            .await
            .map_err(|error| Failure::failed(format!("the client did not start MCP: {error}")))?;
        service
            .waiting()
            .await
            .map(|_| ())
            .map_err(|error| Failure::failed(format!("the MCP service broke: {error}")))
    };
    let served = tokio::select! {
        served = serving => served,
        () = stop.cancelled() => Ok(()),
    };
    if rule == OnDisconnect::Stop {
        stop.cancel();
    }
    room.finished().await;
    stop.cancel();
    room.close().await;
    served.map(|()| Exit::Done)
}
