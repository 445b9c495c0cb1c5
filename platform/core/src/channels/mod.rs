//! Channel accounts, their inbox, quarantine and fetch queue.
