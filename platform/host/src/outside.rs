//! What a guest's call can reach beyond its store.

use crate::{contract::imports, guest::GuestState};

#[derive(Clone, Default)]
pub struct Outside;

impl imports::kv::Host for GuestState {
    async fn get_many(&mut self, _keys: Vec<String>) -> wasmtime::Result<Result<Vec<imports::kv::Entry>, imports::kv::KvError>> {
        Ok(Err(imports::kv::KvError::Unavailable))
    }
    async fn put(&mut self, _key: String, _value: Vec<u8>, _if_version: Option<String>) -> wasmtime::Result<Result<String, imports::kv::KvError>> {
        Ok(Err(imports::kv::KvError::Unavailable))
    }
    async fn delete(&mut self, _key: String) -> wasmtime::Result<Result<(), imports::kv::KvError>> {
        Ok(Err(imports::kv::KvError::Unavailable))
    }
}

impl imports::http::Host for GuestState {
    async fn send(&mut self, _request: imports::http::Request, _auth: imports::http::Auth) -> wasmtime::Result<Result<imports::http::Response, imports::http::HttpError>> {
        Ok(Err(imports::http::HttpError::NotAllowed("this call may not reach the network".into())))
    }
}
