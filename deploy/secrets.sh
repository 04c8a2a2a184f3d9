#!/usr/bin/env bash
# Make the passwords and keys of the composition in deploy/secrets/, those that are not there yet. Keep that folder with
# your backups: what encryption_keys sealed is read by nothing else. Files can be read inside the containers by whoever
# they are for; the folder itself is yours alone.
set -euo pipefail
cd "$(dirname "$0")"
umask 077
mkdir -p secrets
cd secrets

make_file() { # name, text
  [ -e "$1" ] || { printf '%s\n' "$2" > "$1.new" && chmod 0444 "$1.new" && mv "$1.new" "$1"; }
}

make_file mongo_keyfile "$(openssl rand -base64 741 | tr -d '\n')"
make_file mongo_admin_password "$(openssl rand -hex 24)"
make_file mongo_shop_password "$(openssl rand -hex 24)"
make_file mongodb_uri "mongodb://shop:$(cat mongo_shop_password)@mongo1:27017,mongo2:27017,mongo3:27017/?replicaSet=ivorycart&authSource=admin"
make_file jwt_secret "$(openssl rand -hex 32)"
make_file encryption_keys "k1:$(openssl rand -base64 32 | tr +/ -_)"
make_file metrics_token "$(openssl rand -hex 24)"
make_file grafana_password "$(openssl rand -hex 12)"
# What others give you: put it there, or leave it empty.
for name in smtp_url stripe_api_key stripe_publishable_key stripe_webhook_secret; do
  make_file "$name" ""
  chmod 0644 "$name"
done
# A composition names the files of its certificate also where SITE=plain needs none: these stand in for them, and nginx
# refuses them where TLS is wanted.
make_file tls_certificate.pem "put the certificate chain here"
make_file tls_key.pem "put the key here"
echo "secrets are in $PWD"
