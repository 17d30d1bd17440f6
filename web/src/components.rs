//! What pages are made of.

pub mod chart;
pub mod details;
pub mod dissection;
pub mod empty;
pub mod facts;
pub mod file_list;
pub mod file_row;
pub mod flow_row;
pub mod flow_view;
pub mod help;
pub mod hex;
pub mod hooks;
pub mod icon;
pub mod inspector;
pub mod message_table;
pub mod part_row;
pub mod parts;
pub mod player_bar;
pub mod quality;
pub mod save;
pub mod svg;
pub mod tabs;
pub mod time_cursor;
pub mod waveform;
pub mod window;
