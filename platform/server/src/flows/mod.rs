//! What runs behind requests: work begun by one and ended later.

pub mod imports;
