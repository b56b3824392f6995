#!/bin/sh
# Six databases, six roles; no role may open another's database. (Tests say which they want, and where the passwords are.)
set -eu
for service in ${SERVICE_DATABASES:-core animal commerce media community ops}; do
  password_file="${SERVICE_PASSWORDS:-/run/secrets}/postgres_${service}"
  password=$(cat "$password_file")
  psql -v ON_ERROR_STOP=1 --username "$POSTGRES_USER" --dbname postgres \
    -v role="repti_${service}" -v db="repti_${service}_db" -v password="$password" <<'SQL'
CREATE ROLE :"role" LOGIN PASSWORD :'password';
CREATE DATABASE :"db" OWNER :"role";
REVOKE ALL ON DATABASE :"db" FROM PUBLIC;
GRANT CONNECT ON DATABASE :"db" TO :"role";
SQL
done
