"""The wire, outgoing: sign-in and thin clients for the data planes; the service's errors turned into ours."""
