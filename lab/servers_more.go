package lab

func dataServers() []Server {
	return []Server{
		{
			Name: "mariadb", Packages: []string{"mariadb-server"},
			Setup: `chown mysql: .
test -d data/mysql || { mkdir -p data; chown mysql: data; mariadb-install-db --no-defaults --user=mysql --datadir=$DIR/data --skip-test-db --auth-root-authentication-method=normal; }`,
			Run: `mariadbd --no-defaults --user=mysql --datadir=$DIR/data --socket=$DIR/socket --pid-file=$DIR/pid --bind-address=127.0.0.1 --port=31306 \
	--innodb-buffer-pool-size=16M --innodb-log-file-size=8M --max-connect-errors=1000000 --skip-name-resolve`,
			Ports: []Port{tcp(31306, "mysql", "MariaDB", "mariadb-server")},
		},
		{
			Name: "postgresql", Packages: []string{"postgresql-15"},
			Setup: `chown postgres: .
test -e data/PG_VERSION || runuser -u postgres -- /usr/lib/postgresql/15/bin/initdb -D $DIR/data --auth-host=scram-sha-256 --auth-local=trust -N
printf "listen_addresses = '127.0.0.1'\nport = 31432\nunix_socket_directories = '$DIR'\nshared_buffers = 8MB\n" > data/postgresql.auto.conf`,
			Run:   "runuser -u postgres -- /usr/lib/postgresql/15/bin/postgres -D $DIR/data",
			Ports: []Port{tcp(31432, "postgresql", "PostgreSQL DB", "")},
		},
		{
			Name: "redis", Packages: []string{"redis-server"},
			Run: `redis-server --bind 127.0.0.1 --save '' --dir $DIR --port 31379 &
redis-server --bind 127.0.0.1 --save '' --dir $DIR --port 31380 --requirepass lab`,
			Ports: []Port{
				tcp(31379, "redis", "Redis key-value store", "redis-server"),
				tcp(31380, "redis", "Redis key-value store", ""),
			},
		},
		{
			Name: "memcached", Packages: []string{"memcached"},
			Run:   "memcached -u nobody -l 127.0.0.1 -p 31211 -U 0 -m 16",
			Ports: []Port{tcp(31211, "memcached", "Memcached", "memcached")},
		},
		{
			Name: "slapd", Packages: []string{"slapd"},
			Files: map[string]string{"conf": `include /etc/ldap/schema/core.schema
modulepath /usr/lib/ldap
moduleload back_mdb
pidfile $DIR/pid
database mdb
maxsize 10485760
suffix "dc=lab,dc=invalid"
rootdn "cn=admin,dc=lab,dc=invalid"
directory $DIR/db
`},
			Setup: "mkdir -p db",
			Run:   "slapd -d 0 -f $DIR/conf -h ldap://127.0.0.1:31389",
			Ports: []Port{tcp(31389, "ldap", "OpenLDAP", "")},
		},
		{
			Name: "mosquitto", Packages: []string{"mosquitto"},
			Files: map[string]string{"conf": "listener 31883 127.0.0.1\nallow_anonymous true\n"},
			Run:   "mosquitto -c $DIR/conf",
			Ports: []Port{tcp(31883, "mqtt", "", "")},
		},
	}
}

func otherServers() []Server {
	return []Server{
		{
			Name: "ngircd", Packages: []string{"ngircd"},
			Files: map[string]string{"conf": "[Global]\nName=irc.lab.invalid\nInfo=lab\nAdminInfo1=x\nAdminEMail=a@lab.invalid\nListen=127.0.0.1\nPorts=31667\nServerUID=irc\nServerGID=irc\n[Limits]\nMaxConnectionsIP=0\n[Options]\nDNS=no\nIdent=no\nPAM=no\n"},
			Run:   "ngircd -n -f $DIR/conf",
			Ports: []Port{tcp(31667, "irc", "ngircd", "")},
		},
		{
			Name: "stunnel", Packages: []string{"stunnel4"},
			Files: map[string]string{"conf": "foreground = yes\npid =\ndebug = 3\ncert = $CERT\nkey = $KEY\n[ssh]\naccept = 127.0.0.1:31698\nconnect = 127.0.0.1:31022\n"},
			Run:   "stunnel4 $DIR/conf",
			Ports: []Port{overTLS(tcp(31698, "ssh", "OpenSSH", "openssh-server"))},
		},
		{
			Name: "vnc", Packages: []string{"tigervnc-standalone-server"},
			Setup: "rm -f /tmp/.X97-lock",
			Run:   "Xtigervnc :97 -geometry 320x240 -depth 16 -interface 127.0.0.1 -rfbport 31900 -SecurityTypes None -nolisten tcp -nolisten unix",
			Ports: []Port{tcp(31900, "vnc", "", "")},
		},
		{
			Name: "beanstalkd", Packages: []string{"beanstalkd"},
			Run:   "beanstalkd -l 127.0.0.1 -p 31130",
			Ports: []Port{tcp(31130, "beanstalkd", "", "")},
		},
		{
			Name: "nats", Packages: []string{"nats-server"},
			Run:   "nats-server -a 127.0.0.1 -p 31422",
			Ports: []Port{tcp(31422, "nats", "NATS", "nats-server")},
		},
		{
			Name: "rpcbind", Packages: []string{"rpcbind"},
			Setup: "mkdir -p /run/rpcbind; if id _rpc >/dev/null 2>&1; then chown _rpc /run/rpcbind; fi",
			Run:   "rpcbind -f -w",
			Ports: []Port{tcp(111, "rpcbind", "", ""), udp(111, "rpcbind", "", "")},
		},
	}
}
