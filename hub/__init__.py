"""The plugin definition for the Meltano Hub, made from the tap's own description."""
