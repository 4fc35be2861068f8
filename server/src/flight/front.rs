//! Every call of Flight, as it comes in.

use std::pin::Pin;
use std::sync::Arc;

use arrow_flight::flight_service_server::FlightService;
use arrow_flight::sql::ProstMessageExt as _;
use arrow_flight::{
    Action, ActionType, Criteria, Empty, FlightData, FlightDescriptor, FlightInfo, HandshakeRequest, PollInfo,
    PutResult, SchemaResult, Ticket,
};
use async_trait::async_trait;
use futures::{Stream, StreamExt, stream};
use prost::Message as _;
use tonic::{Request, Response, Status, Streaming};

use super::rows::{self, Rows};
use super::session::Session;
use super::{handshake, prepared, query, refusal, sql, tickets};
use crate::queries::Protocol;
use crate::server::Server;

type Answers<T> = Pin<Box<dyn Stream<Item = Result<T, Status>> + Send>>;

/// Every call of Flight, as it comes in.
#[derive(Debug)]
pub(crate) struct Front(pub(super) Arc<Server>);

const CREATE: &str = "CreatePreparedStatement";
const CLOSE: &str = "ClosePreparedStatement";

impl Front {
    fn session<T>(&self, request: &Request<T>) -> Result<Session, Status> {
        Session::of(&self.0, request.extensions())
    }
}

fn one<T: Send + 'static>(answer: T) -> Response<Answers<T>> {
    Response::new(stream::iter([Ok(answer)]).boxed())
}

#[async_trait]
impl FlightService for Front {
    type HandshakeStream = handshake::Answer;
    type ListFlightsStream = Answers<FlightInfo>;
    type DoGetStream = Rows;
    type DoPutStream = Answers<PutResult>;
    type DoActionStream = Answers<arrow_flight::Result>;
    type ListActionsStream = Answers<ActionType>;
    type DoExchangeStream = Rows;

    async fn handshake(
        &self,
        request: Request<Streaming<HandshakeRequest>>,
    ) -> Result<Response<Self::HandshakeStream>, Status> {
        handshake::answer(request.metadata())
    }

    async fn list_flights(&self, _: Request<Criteria>) -> Result<Response<Self::ListFlightsStream>, Status> {
        Err(Status::unimplemented("there are no flights to list; list tables with GetTables of Flight SQL"))
    }

    async fn get_flight_info(&self, request: Request<FlightDescriptor>) -> Result<Response<FlightInfo>, Status> {
        sql::info(&self.session(&request)?, request).await
    }

    async fn poll_flight_info(&self, _: Request<FlightDescriptor>) -> Result<Response<PollInfo>, Status> {
        Err(Status::unimplemented("results need no polling; ask with GetFlightInfo"))
    }

    async fn get_schema(&self, request: Request<FlightDescriptor>) -> Result<Response<SchemaResult>, Status> {
        let info = sql::info(&self.session(&request)?, request).await?;
        Ok(info.map(|info| SchemaResult { schema: info.schema }))
    }

    async fn do_get(&self, request: Request<Ticket>) -> Result<Response<Self::DoGetStream>, Status> {
        let session = self.session(&request)?;
        let ticket = &request.get_ref().ticket;
        if tickets::is_json(ticket) {
            let statement = tickets::parse(ticket)?;
            return Ok(rows::stream(query::run(&session, &statement, Protocol::Sql).await?));
        }
        sql::rows(&session, request).await
    }

    async fn do_put(&self, request: Request<Streaming<FlightData>>) -> Result<Response<Self::DoPutStream>, Status> {
        let bound = prepared::bind(&self.session(&request)?, request).await?;
        Ok(one(PutResult { app_metadata: bound.encode_to_vec().into() }))
    }

    async fn do_action(&self, request: Request<Action>) -> Result<Response<Self::DoActionStream>, Status> {
        match request.get_ref().r#type.as_str() {
            CREATE => {
                let created = prepared::create(&self.session(&request)?, request).await?;
                Ok(one(arrow_flight::Result { body: created.as_any().encode_to_vec().into() }))
            }
            // Only the client has it.
            CLOSE => Ok(Response::new(stream::empty().boxed())),
            other => Err(refusal::of_action(other)),
        }
    }

    async fn list_actions(&self, _: Request<Empty>) -> Result<Response<Self::ListActionsStream>, Status> {
        let action = |name: &str, description: &str| {
            Ok(ActionType { r#type: name.to_owned(), description: description.to_owned() })
        };
        let actions = [
            action(CREATE, "Describes a statement and makes a handle for it."),
            action(CLOSE, "Does nothing: only clients keep handles."),
        ];
        Ok(Response::new(stream::iter(actions).boxed()))
    }

    async fn do_exchange(&self, _: Request<Streaming<FlightData>>) -> Result<Response<Self::DoExchangeStream>, Status> {
        Err(Status::unimplemented("nothing is exchanged; query with DoGet, write line protocol over HTTP"))
    }
}
