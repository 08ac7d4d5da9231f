"""The plugin definition for the Meltano Hub, made from what the tap says of itself."""
