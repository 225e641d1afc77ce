module wakesock

go 1.26.0
