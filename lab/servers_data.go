package lab

func fileServers() []Server {
	return []Server{
		{
			Name: "vsftpd", Packages: []string{"vsftpd"},
			Files: map[string]string{"conf": "listen=YES\nlisten_address=127.0.0.1\nlisten_port=31021\nbackground=NO\nanonymous_enable=YES\nanon_root=$WWW\nsecure_chroot_dir=/var/run/vsftpd/empty\n"},
			Setup: "mkdir -p /var/run/vsftpd/empty",
			Run:   "vsftpd $DIR/conf",
			Ports: []Port{tcp(31021, "ftp", "vsftpd", "vsftpd")},
		},
		{
			Name: "proftpd", Packages: []string{"libmemcachedutil2", "libpcre2-posix3", "libacl1"}, Unpack: []string{"proftpd-core"},
			Files: map[string]string{"conf": "ServerName lab\nServerType standalone\nPort 31121\nDefaultAddress 127.0.0.1\nSocketBindTight on\nUseIPv6 off\nUser nobody\nGroup nogroup\nPidFile $DIR/pid\nScoreboardFile $DIR/scoreboard\nDelayTable $DIR/delay\nSystemLog $DIR/log\nWtmpLog off\nAuthOrder mod_auth_file.c\nAuthUserFile $DIR/users\n"},
			Setup: "touch users; chmod 600 users",
			Run:   "$ROOT/usr/sbin/proftpd -n -c $DIR/conf",
			Ports: []Port{tcp(31121, "ftp", "ProFTPD", "")},
		},
		{
			Name: "rsync", Packages: []string{"rsync"},
			Files: map[string]string{"conf": "use chroot = no\naddress = 127.0.0.1\n[pub]\npath = $WWW\n"},
			Run:   "rsync --daemon --no-detach --port 31873 --config $DIR/conf",
			Ports: []Port{tcp(31873, "rsync", "", "")},
		},
		{
			Name: "samba", Packages: []string{"samba"},
			Files: map[string]string{"smb.conf": `[global]
workgroup = LAB
netbios name = LABHOST
interfaces = lo
bind interfaces only = yes
smb ports = 31446 31139
server role = standalone server
private dir = $DIR/private
lock directory = $DIR/lock
state directory = $DIR/state
cache directory = $DIR/cache
pid directory = $DIR/run
ncalrpc dir = $DIR/ncalrpc
log file = $DIR/log
disable spoolss = yes
load printers = no
`},
			Setup: "mkdir -p private lock state cache run ncalrpc",
			Run:   "smbd -F --no-process-group -s $DIR/smb.conf",
			Ports: []Port{tcp(31446, "netbios-ssn", "Samba smbd", "")},
		},
	}
}

func mailServers() []Server {
	return []Server{
		{
			Name: "postfix", Packages: []string{"postfix"},
			Files: map[string]string{
				"etc/main.cf": `compatibility_level = 3.6
queue_directory = $DIR/spool
data_directory = $DIR/data
inet_interfaces = 127.0.0.1
inet_protocols = ipv4
myhostname = lab.invalid
mydestination =
smtpd_banner = $myhostname ESMTP $mail_name (Debian/GNU)
smtpd_tls_cert_file = $CERT
smtpd_tls_key_file = $KEY
smtpd_tls_security_level = may
maillog_file = /var/log/own-lab-postfix.log
alias_maps =
`,
				"etc/master.cf": `31025 inet n - n - - smtpd
31465 inet n - n - - smtpd -o smtpd_tls_wrappermode=yes
cleanup unix n - n - 0 cleanup
tlsmgr unix - - n 1000? 1 tlsmgr
rewrite unix - - n - - trivial-rewrite
proxymap unix - - n - - proxymap
anvil unix - - n - 1 anvil
postlog unix-dgram n - n - 1 postlogd
pickup unix n - n 60 1 pickup
qmgr unix n - n 300 1 qmgr
`},
			Setup: "mkdir -p spool data; chown postfix: data",
			Run:   "postfix -c $DIR/etc start-fg",
			Ports: []Port{
				tcp(31025, "smtp", "Postfix smtpd", ""),
				overTLS(tcp(31465, "smtp", "Postfix smtpd", "")),
			},
		},
		{
			Name: "dovecot", Packages: []string{"dovecot-imapd", "dovecot-pop3d"},
			Files: map[string]string{"conf": `base_dir = $DIR/run
state_dir = $DIR/state
protocols = imap pop3
listen = 127.0.0.1
ssl = yes
ssl_cert = <$CERT
ssl_key = <$KEY
log_path = $DIR/log
mail_location = maildir:$DIR/mail
passdb {
 driver = static
 args = password=lab
}
userdb {
 driver = static
 args = uid=nobody gid=nogroup home=$DIR
}
service imap-login {
 inet_listener imap {
  port = 31143
 }
 inet_listener imaps {
  port = 31993
  ssl = yes
 }
}
service pop3-login {
 inet_listener pop3 {
  port = 31110
 }
 inet_listener pop3s {
  port = 31995
  ssl = yes
 }
}
`},
			Run: "mkdir -p $DIR/run $DIR/state; dovecot -F -c $DIR/conf",
			Ports: []Port{
				tcp(31143, "imap", "Dovecot imapd", ""),
				overTLS(tcp(31993, "imap", "Dovecot imapd", "")),
				tcp(31110, "pop3", "Dovecot pop3d", ""),
				overTLS(tcp(31995, "pop3", "Dovecot pop3d", "")),
			},
		},
	}
}

func nameServers() []Server {
	return []Server{
		{
			Name: "bind9", Packages: []string{"bind9"},
			Files: map[string]string{"conf": `options { directory "$DIR"; pid-file "$DIR/pid"; session-keyfile "$DIR/session.key"; managed-keys-directory "$DIR";
listen-on port 31053 { 127.0.0.1; }; listen-on-v6 { none; }; recursion no; dnssec-validation no; };
controls { };
`},
			Setup: "chown -R bind: .",
			Run:   "named -f -n 1 -c $DIR/conf -u bind",
			Ports: []Port{
				tcp(31053, "domain", "ISC BIND", "bind9"),
				udp(31053, "domain", "ISC BIND", "bind9"),
			},
		},
		{
			Name: "unbound", Packages: []string{"unbound"},
			Files: map[string]string{"conf": `server:
 interface: 127.0.0.1@31054
 do-daemonize: no
 username: ""
 chroot: ""
 directory: "$DIR"
 pidfile: "$DIR/pid"
 use-syslog: no
 num-threads: 1
 hide-version: no
 local-zone: "." static
`},
			Run: "unbound -d -c $DIR/conf",
			Ports: []Port{
				tcp(31054, "domain", "Unbound", "unbound"),
				udp(31054, "domain", "Unbound", "unbound"),
			},
		},
		{
			Name: "dnsmasq", Packages: []string{"dnsmasq-base"},
			Run: "dnsmasq -k -C /dev/null -p 31055 -a 127.0.0.1 -z -R -h -u nobody --pid-file=",
			Ports: []Port{
				tcp(31055, "domain", "dnsmasq", "dnsmasq-base"),
				udp(31055, "domain", "dnsmasq", "dnsmasq-base"),
			},
		},
		{
			Name: "snmpd", Packages: []string{"snmpd"},
			Files: map[string]string{"conf": "rocommunity public 127.0.0.1\nsyslocation lab\n"},
			Run:   "snmpd -f -LE 3 -C -c $DIR/conf -I -smux --persistentDir=$DIR/state udp:127.0.0.1:31161",
			Ports: []Port{udp(31161, "snmp", "", "")},
		},
		{
			Name: "chrony", Packages: []string{"libedit2"}, Unpack: []string{"chrony"},
			Files: map[string]string{"conf": "port 31123\ncmdport 0\nbindaddress 127.0.0.1\nlocal stratum 8\nallow 127.0.0.0/8\npidfile $DIR/pid\nbindcmdaddress /\nuser root\n"},
			Setup: "rm -f pid",
			Run:   "$ROOT/usr/sbin/chronyd -d -x -u root -f $DIR/conf",
			Ports: []Port{udp(31123, "ntp", "", "")},
		},
	}
}
