mod behaviour;
mod properties;
mod vectors;
