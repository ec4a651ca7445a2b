mod behaviour;
mod oracle;
mod properties;
mod subset;
