package lab

import "slices"

// Dir is where the lab keeps its state unless told otherwise.
const Dir = "/var/lib/sonde-own-lab"

// Servers lists all servers of the lab.
func Servers() []Server {
	return slices.Concat(shellServers(), webServers(), fileServers(), mailServers(), nameServers(), dataServers(), otherServers(), rpcServers())
}

func tcp(port int, service, product, versionOf string) Port {
	return Port{Protocol: "tcp", Number: port, Service: service, Product: product, VersionOf: versionOf}
}

func udp(port int, service, product, versionOf string) Port {
	return Port{Protocol: "udp", Number: port, Service: service, Product: product, VersionOf: versionOf}
}

func overTLS(p Port) Port {
	p.TLS = true
	return p
}

func shellServers() []Server {
	return []Server{
		{
			Name: "openssh", Packages: []string{"openssh-server"},
			Files: map[string]string{"sshd_config": `ListenAddress 127.0.0.1:31022
ListenAddress [::1]:31022
HostKey $DIR/key
PidFile none
UsePAM no
MaxStartups 1000
`},
			Setup: "mkdir -p /run/sshd; test -e key || ssh-keygen -q -t ed25519 -N '' -f key",
			Run:   "/usr/sbin/sshd -D -e -f $DIR/sshd_config",
			Ports: []Port{tcp(31022, "ssh", "OpenSSH", "openssh-server")},
		},
		{
			Name: "dropbear", Packages: []string{"dropbear-bin"},
			Setup: "test -e key || dropbearkey -t ed25519 -f key",
			Run:   "dropbear -F -E -r $DIR/key -p 127.0.0.1:31023 -P $DIR/pid",
			Ports: []Port{tcp(31023, "ssh", "Dropbear sshd", "dropbear-bin")},
		},
	}
}

func webServers() []Server {
	return []Server{
		{
			Name: "apache", Packages: []string{"apache2-bin", "media-types"},
			Files: map[string]string{"conf": `ServerRoot $DIR
ServerName lab.invalid
PidFile $DIR/pid
ErrorLog $DIR/error.log
User www-data
Group www-data
Mutex pthread
LoadModule mpm_event_module /usr/lib/apache2/modules/mod_mpm_event.so
LoadModule authz_core_module /usr/lib/apache2/modules/mod_authz_core.so
LoadModule dir_module /usr/lib/apache2/modules/mod_dir.so
LoadModule mime_module /usr/lib/apache2/modules/mod_mime.so
LoadModule ssl_module /usr/lib/apache2/modules/mod_ssl.so
TypesConfig /etc/mime.types
ServerTokens OS
Listen 127.0.0.1:31080
Listen 127.0.0.1:31443
DocumentRoot $WWW
<VirtualHost 127.0.0.1:31443>
SSLEngine on
SSLCertificateFile $CERT
SSLCertificateKeyFile $KEY
</VirtualHost>
`},
			Run: "apache2 -D FOREGROUND -f $DIR/conf",
			Ports: []Port{
				tcp(31080, "http", "Apache httpd", "apache2-bin"),
				overTLS(tcp(31443, "http", "Apache httpd", "apache2-bin")),
			},
		},
		{
			Name: "nginx", Packages: []string{"nginx-light"},
			Files: map[string]string{"conf": `daemon off; worker_processes 1; user www-data; pid $DIR/pid; error_log $DIR/error.log;
events { worker_connections 256; }
http {
access_log off; root $WWW;
client_body_temp_path $DIR/body; proxy_temp_path $DIR/proxy; fastcgi_temp_path $DIR/fastcgi; uwsgi_temp_path $DIR/uwsgi; scgi_temp_path $DIR/scgi;
server { listen 127.0.0.1:31081; listen [::1]:31081; }
server { listen 127.0.0.1:31082; server_tokens off; }
server { listen 127.0.0.1:31444 ssl; ssl_certificate $CERT; ssl_certificate_key $KEY; }
server { listen 127.0.0.1:31445 ssl; ssl_certificate $CERT; ssl_certificate_key $KEY; ssl_protocols TLSv1.3; }
}
`},
			Run: "nginx -c $DIR/conf",
			Ports: []Port{
				tcp(31081, "http", "nginx", "nginx-light"),
				tcp(31082, "http", "nginx", ""),
				overTLS(tcp(31444, "http", "nginx", "nginx-light")),
				overTLS(tcp(31445, "http", "nginx", "nginx-light")),
			},
		},
		{
			Name: "lighttpd", Packages: []string{"lighttpd"},
			Files: map[string]string{"conf": `server.document-root = "$WWW"
server.port = 31083
server.bind = "127.0.0.1"
index-file.names = ( "index.html" )
`},
			Run:   "lighttpd -D -f $DIR/conf",
			Ports: []Port{tcp(31083, "http", "lighttpd", "lighttpd")},
		},
		{
			Name: "haproxy", Packages: []string{"haproxy"},
			Files: map[string]string{"conf": `global
 maxconn 100
defaults
 mode http
 timeout connect 5s
 timeout client 30s
 timeout server 30s
frontend f
 bind 127.0.0.1:31084
 default_backend none
backend none
`},
			Run:   "haproxy -db -f $DIR/conf",
			Ports: []Port{tcp(31084, "http-proxy", "HAProxy http proxy", "")},
		},
		{
			Name: "squid", Packages: []string{"squid"},
			Files: map[string]string{"conf": `http_port 127.0.0.1:31128
pid_filename $DIR/pid
cache_log $DIR/cache.log
access_log none
coredump_dir $DIR
cache_mem 8 MB
http_access deny all
visible_hostname lab.invalid
pinger_enable off
cache_effective_user proxy
netdb_filename none
dns_nameservers 127.0.0.1
`},
			Setup: "chown proxy: .; rm -f pid /dev/shm/squid-ownlab*",
			Run:   "ulimit -n 1024; squid -N -n ownlab -f $DIR/conf",
			Ports: []Port{tcp(31128, "http-proxy", "Squid http proxy", "squid")},
		},
		{
			Name: "python", Packages: []string{"python3-minimal", "libpython3-stdlib"},
			Run:   "/usr/bin/python3 -m http.server --bind 127.0.0.1 --directory $WWW 31085",
			Ports: []Port{{Protocol: "tcp", Number: 31085, Service: "http", Product: "SimpleHTTPServer", Version: "0.6"}},
		},
		{
			Name: "cups", Packages: []string{"cups-daemon"},
			Files: map[string]string{
				"cupsd.conf": "Listen 127.0.0.1:31631\nBrowsing Off\nLogLevel warn\nIdleExitTimeout 0\n<Location />\nOrder allow,deny\nAllow all\n</Location>\n",
				"files.conf": "CacheDir $DIR/cache\nStateDir $DIR/state\nRequestRoot $DIR/spool\nServerRoot $DIR\nTempDir $DIR/tmp\nAccessLog $DIR/a.log\nErrorLog $DIR/e.log\nPageLog $DIR/p.log\n",
			},
			Setup: "mkdir -p cache state spool tmp; chown -R lp: cache state spool tmp",
			Run:   "cupsd -f -c $DIR/cupsd.conf -s $DIR/files.conf",
			Ports: []Port{{Protocol: "tcp", Number: 31631, Service: "ipp", Product: "CUPS", Version: "2.4"}},
		},
		{
			Name: "icecast", Packages: []string{"icecast2"},
			Files: map[string]string{"conf": `<icecast><location>lab</location><admin>a@lab.invalid</admin><limits><clients>50</clients><sources>2</sources></limits>
<authentication><source-password>lab</source-password><admin-user>admin</admin-user><admin-password>lab</admin-password></authentication>
<hostname>lab.invalid</hostname><listen-socket><port>31800</port><bind-address>127.0.0.1</bind-address></listen-socket>
<paths><basedir>/usr/share/icecast2</basedir><logdir>$DIR/log</logdir><webroot>/usr/share/icecast2/web</webroot><adminroot>/usr/share/icecast2/admin</adminroot></paths>
<logging><accesslog>a.log</accesslog><errorlog>e.log</errorlog><loglevel>1</loglevel></logging>
<security><chroot>0</chroot><changeowner><user>icecast2</user><group>icecast</group></changeowner></security></icecast>
`},
			Setup: "mkdir -p log; chown icecast2: log",
			Run:   "icecast2 -c $DIR/conf",
			Ports: []Port{tcp(31800, "http", "Icecast streaming media server", "icecast2")},
		},
	}
}
